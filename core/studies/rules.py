"""The rules of a study: their words in a TOML file, how they decide and their evidence beside the run."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from core.checks import InputError, choose
from core.studies import contract
from core.studies.claims import declared
from core.studies.contract import OUTCOMES, Decide, Finding, Kind, Rule, Told, cases

NAMED = ("all_met", "some_met", "graded", "detected", "differs", "shown")  # decisions of the contract
Case = Literal["holds", "caveats", "fails", "undecided"]
CONSTANT = re.compile(r"\{[A-Z][A-Z_]+(\[\d\])?(:[^{}]*)?\}")  # {LITTLE:.0%}; evidence and words are not in capitals


class Written(NamedTuple):
    """The words of one rule in the file: see `contract.Rule`; `lacking` is its `needs`, said if settings lack it.

    decide: one of NAMED or `contract.cases`; empty if a function decides. holds, caveats, fails, undecided: sentences
    for these outcomes, empty for those that are impossible. lacking may be several sentences, by the condition that
    settings do not meet; {units} is their field.
    """

    text: str
    claim: int = 0
    kind: Kind = "measured"
    question: str = ""
    source: str = ""
    key: str = ""
    holds: str = ""
    caveats: str = ""
    fails: str = ""
    undecided: str = ""
    decide: str | dict[Case, str] = ""
    answers: dict[Case, str] = {}
    lacking: str | dict[str, str] = ""


class Rules:
    """The rules of a study, each with the function that gathers its evidence, in the order of the file.

    The file has the name of the module. What it writes as {LITTLE:.0%} is the module's constant LITTLE, or a phrase of
    the file that several sentences share.
    """

    def __init__(self, module: str):
        self.module = vars(sys.modules[module])
        self.written: dict[str, Written] = declared(dict[str, Written], self.module["__file__"], "rules")
        self.phrases: dict[str, str] = declared(dict[str, str], self.module["__file__"], "phrases")
        self.places: dict[str, int] = {}
        self.judged: dict[str, tuple[Rule, Callable[[Any], Finding]]] = {}

    def __iter__(self) -> Iterator[Rule]:
        return (rule for rule, _ in self.judged.values())

    def __getitem__(self, name: str) -> Rule:
        return self.judged[name][0]

    def __len__(self) -> int:
        return len(self.judged)

    def rule(
        self,
        name: str,
        enough: Callable[[Any], bool] | Mapping[str, Callable[[Any], bool]] = lambda settings: True,
        decide: Decide | None = None,
        like: str = "",
        **constants: Any,
    ) -> Callable[[Callable[[Any], Told]], Callable[[Any], Finding]]:
        """Make the function below it, which yields the evidence in a result, that of the rule `name`: it finds.

        enough: whether settings can decide it, or several such conditions by the names of their sentences in `lacking`.
        Where there is no evidence at all, there is no finding. Rules with the same words are written once, `like` one
        another, with `constants` for what differs.
        """
        said = self.written[like or name]
        fill = self._filled(constants)
        if not decide:
            how = said.decide
            known = {each: getattr(contract, each) for each in NAMED}
            decide = cases(**how) if isinstance(how, dict) else choose(f"decide of {name}", how, known)
        conditions = enough if isinstance(enough, Mapping) else {"": enough}
        sentences = said.lacking if isinstance(said.lacking, dict) else {"": said.lacking}
        lacking = {key: fill(choose(f"condition of {name}", key, sentences)) for key in conditions}

        def needs(settings: Any) -> str:
            unmet = (lacking[key] for key, met in conditions.items() if not met(settings))
            return next(unmet, "").format_map(vars(settings))

        rule = Rule(
            said.claim,
            fill(said.text),
            decide,
            {outcome: fill(sentence) for key, outcome in OUTCOMES.items() if (sentence := getattr(said, key))},
            said.kind,
            fill(said.question),
            fill(said.source),
            {OUTCOMES[key]: fill(answer) for key, answer in said.answers.items()},
            said.key,
            needs,
        )

        def register(tell: Callable[[Any], Told]) -> Callable[[Any], Finding]:
            def find(result: Any) -> Finding:
                return rule.found(tell(result))

            self.judged[name], self.places[name] = (rule, find), list(self.written).index(like or name)
            self.judged = dict(sorted(self.judged.items(), key=lambda each: self.places[each[0]]))
            return find

        return register

    def _filled(self, constants: dict[str, Any]) -> Callable[[str], str]:
        known = self.module | self.phrases | constants

        def fill(text: str) -> str:
            try:
                return CONSTANT.sub(lambda match: fill(match[0].format(**known)), text)
            except KeyError as missing:
                raise InputError(
                    f"{missing} is named by a rule, but is neither a constant of {self.module['__name__']} nor a phrase"
                ) from None

        return fill

    def findings(self, result: Any) -> list[Finding]:
        """What a finished result shows, by every rule that its settings can decide."""
        found = []
        for rule, find in self.judged.values():
            missing = rule.needs(result.settings)
            found.append(rule.find(missing=missing) if missing else find(result))
        return [each for each in found if each.evidence or each.missing]
