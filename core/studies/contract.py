"""What a study is, and where each one is found."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class OnDemand(Mapping[str, Any]):
    """Name of a study -> its module, which is imported when somebody asks for it."""

    def __init__(self, paths: Mapping[str, str]):
        self.paths = dict(paths)

    def __getitem__(self, name: str) -> Any:
        return import_module(self.paths[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


# in the order in which the trial hears them
STUDIES: Mapping[str, Any] = OnDemand(
    {
        "question": "core.studies.question",
        "algorithms": "core.studies.algorithms",
        "chain_rule": "core.studies.chain_rule",
        "minima": "core.studies.minima",
        "learning_rate": "core.studies.learning_rate",
        "misconceptions": "core.studies.misconceptions",
        "optimizers": "core.studies.optimizers",
        "batch_size": "core.studies.batch_size",
        "complexity": "core.studies.complexity",
        "domains": "core.studies.domains",
        "depth": "core.studies.depth",
        "activations": "core.studies.activations",
        "history": "core.studies.history",
        "regularization": "core.studies.regularization",
        "sweeps": "core.studies.sweeps",
        "playground": "core.studies.playground",
        "trial": "core.studies.trial",
    }
)
