"""A run as one file that repeats it from nothing: the text of a plain trainer, and the run as data for it.

`plain.py` is that trainer in numpy, with the engine's own update rule. `plain_torch.txt` has the
network in PyTorch, and borrows the training loop. On a visitor's table, `core/data/rows.py` lets the script answer to
raw rows.
"""

import base64
import math
import textwrap
import zlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from inspect import getsource
from pprint import pformat
from typing import Any

import numpy as np

from core.checks import InputError, texts_of
from core.data import Dataset
from core.data import rows as raw_rows
from core.export import plain
from core.export.files import encoding_of
from core.nn import ACTIVATIONS, LOSSES, Network
from core.nn.activations import sigmoid, softplus
from core.nn.layers import LAYERS, read_layer
from core.nn.losses import mean
from core.optimizers import OPTIMIZERS, base, options
from core.optimizers.schedules import ReduceOnPlateau
from core.training import RunSettings, Trainer

MOST_NUMBERS = 1_000_000  # that a script carries: some 10 MB of text
PLATEAU = ("factor", "patience", "threshold", "relative", "cooldown", "min_lr", "eps", "sign")
TEXTS = texts_of(__file__)  # the parts that answer to raw rows
HELPERS = (base.average, options.root, options.power, options.at_least, sigmoid, softplus, mean)  # of the formulas
LOOP = (plain.unpacked, plain.stream, plain.batches, plain.train, plain.show)


def numpy_script(run: RunSettings, data: Dataset | None = None, params: np.ndarray | None = None) -> str:
    """A script in numpy that repeats this run to the last digits, on a visitor's data, or from first weights (P,)."""
    about, imports, _, network = _trainer()
    settings = described(run, data, params)
    rule, loss = OPTIMIZERS[run.optimizer], type(LOSSES[settings["loss"]])
    lab = _functions("The update rule", "RULES", {run.optimizer: (rule.update,)})
    lab += _functions("The loss", "LOSSES", {settings["loss"]: (loss.values, loss.delta)})
    program = "".join([about, imports, *_layers(run), *lab, *_schedule(), "\n", network])
    return _written(program, run, settings, data)


def torch_script(run: RunSettings, data: Dataset | None = None, params: np.ndarray | None = None) -> str:
    """The same in PyTorch, in float64, with its layers, and with the rules of torch.optim that are the engine's."""
    check_torch(run)
    settings = described(run, data, params)
    lonely = 1 in (settings["batch_size"], len(settings["train"][0]) % settings["batch_size"])
    layers = [inner for layer in settings["layers"] for inner in layer.get("layers", [layer])]
    if lonely and any(each["kind"] == "batch_norm" and math.prod(each["inputs"][1:]) == 1 for each in layers):
        raise InputError(f"batch_size is {run.batch_size}, but torch's BatchNorm refuses a batch of one number")
    network = files("core.export").joinpath("plain_torch.txt").read_text(encoding="utf-8")
    network = f"{network.rstrip()}\n{''.join(_schedule())}".rstrip()
    program = "\n\n\n".join([network, *(getsource(each).rstrip() for each in LOOP)])
    return _written(program, run, settings, data)


def predictor_script(run: RunSettings, data: Dataset, network: Network, params: np.ndarray, name: str) -> str:
    """A script in numpy, in a file of this name, that answers to raw rows by these weights (P,), without data."""
    check_layers(run)
    encoding = encoding_of(data, run.inputs, network.loss.probable)
    layers = [layer.described(np.asarray(params, dtype=float)) for layer in network.layers]
    standard, _, rest = _trainer()[1].lstrip().partition("\n\n")
    more, rows = _rows()
    lines = {*standard.splitlines(), *more.split("\n\n")[0].splitlines()}
    needed = [line for line in lines if not any(other.startswith(f"{line},") for other in lines)]
    imports = "\n".join(["\n", *sorted(needed, key=lambda line: (line.startswith("from"), line)), "", rest])
    head = [TEXTS["alone"].format(name=name), imports]
    parts = [*head, *_layers(run), "\n\n", getsource(plain.unpacked), rows, "\n\n"]
    parts += [f"LAYERS_LEARNT = {_literal(layers)}\nNETWORK = [built(each) for each in LAYERS_LEARNT]\n"]
    outputs = "chain(NETWORK, inputs_of(rows, ENCODING).T, training=False)[0].T"
    return _said(data) + "".join(parts) + _answering(encoding, outputs) + "\n\n" + TEXTS["use"]


def _said(data: Dataset | None) -> str:
    """The sentences on a visitor's table as comments; names in them may hold anything."""
    told = ["".join(filter(str.isprintable, " ".join(each.split()))) for each in (data.notices if data else ())]
    return "".join(textwrap.indent(textwrap.fill(each, 110), "# ") + "\n" for each in told)


def _trainer() -> tuple[str, str, str, str]:
    """The text of the plain trainer: what it is about, its imports, its layers, and its network with the training."""
    head, layers, network = getsource(plain).split("\n# --- ")
    _, about, imports = head.split('"""')
    of_lab = ("from core", "ACTIVATIONS", "LOSSES", "RULES", "SCHEDULES")
    kept = "".join(line for line in imports.splitlines(keepends=True) if not line.startswith(of_lab))
    imports = kept.replace("\n\n\n", "\n\n").rstrip() + "\n"
    return f'"""{about}"""', imports, f"\n# --- {layers.rstrip()}\n", f"\n# --- {network}"


def _layers(run: RunSettings) -> tuple[str, ...]:
    """The text of the activations of a run, and of the plain layers."""
    kinds = {name: ACTIVATIONS[name] for name in run.activations or (run.activation,)}
    made = _functions("Activations", "ACTIVATIONS", {name: (kind.f, kind.df) for name, kind in kinds.items()})
    return (*made, "\n", _trainer()[2])


def _functions(heading: str, table: str, methods: Mapping[str, tuple[Callable[..., Any], ...]]) -> tuple[str, ...]:
    """The text of methods of the engine as functions of their numbers h, with the functions that they use."""
    texts, rows = [], []
    for name, several in methods.items():
        names = [f"{name}_{method.__name__}" for method in several] if len(several) > 1 else [name]
        rows.append(f'"{name}": ' + (f"({', '.join(names)})" if len(names) > 1 else name))
        for new, method in zip(names, several, strict=True):
            text = textwrap.dedent(getsource(method)).replace(f"def {method.__name__}(self", f"def {new}(h: Numbers", 1)
            texts.append(text.replace("self.", "h."))
    used = [each for each in HELPERS if any(f"{each.__name__}(" in text for text in texts)]
    written = [*map(getsource, used), *texts, f"{table} = {{{', '.join(rows)}}}\n"]
    imports = "\nfrom scipy.special import ndtr\n" if any("ndtr(" in text for text in texts) else ""
    return (f"\n\n# --- {heading} ---\n{imports}", *(f"\n\n{text}" for text in written))


def _schedule() -> tuple[str, ...]:
    """The text of the schedule that looks at the losses; all others come as numbers."""
    return _functions("The schedule", "SCHEDULES", {"reduce_on_plateau": (ReduceOnPlateau.observe,)})


def _rows() -> tuple[str, str]:
    """The imports of the text that reads raw rows, and this text."""
    head, *body = getsource(raw_rows).partition("\n# ---")
    return head.split('"""')[2].partition("import numpy")[0].lstrip(), "\n" + "".join(body)


def _answering(encoding: dict[str, Any], outputs: str) -> str:
    """What is known of the table, and the function that answers to raw rows."""
    return (
        f"ENCODING = {pformat(encoding, width=110, sort_dicts=False)}\n\n\n{TEXTS['predict'].format(outputs=outputs)}"
    )


def check_numpy(run: RunSettings) -> None:
    """Raise InputError for a setting outside the scope of `core.export.plain`."""
    if run.dtype != "float64":
        raise InputError(f"dtype is {run.dtype}, but a script repeats the digits of a run in float64 only")
    check_layers(run)
    rules = [name for name, rule in OPTIMIZERS.items() if rule.scripted]
    _check([("optimizer", run.optimizer, rules)])


def check_layers(run: RunSettings) -> None:
    """Raise InputError for a network outside the scope of `core.export.plain`."""
    known_layers = [name for name in LAYERS if name in plain.LAYERS]
    named: list[Any] = [("layers", read_layer(text).kind, known_layers) for text in run.layers]
    _check([*named, ("normalization", run.normalization, ("none", "batch", "layer"))])


def _check(named: list[Any]) -> None:
    for what, name, known in named:
        if name not in known:
            raise InputError(f"{what} is {name}, but a script can use only {', '.join(known)}")


def check_torch(run: RunSettings) -> None:
    """Raise InputError for a setting outside that scope, and for a rule that torch.optim does not have."""
    check_numpy(run)
    if run.optimizer == "lion":
        raise InputError("optimizer is lion, but torch.optim does not have this rule")
    if run.optimizer == "asgd" and (run.schedule != "constant" or run.schedule_hyper):
        raise InputError(f"schedule is {run.schedule}, but torch's ASGD follows a constant rate only")


def described(run: RunSettings, data: Dataset | None = None, params: np.ndarray | None = None) -> dict[str, Any]:
    """The run as data for `plain.train`: plain settings first, then arrays. Raises InputError beyond its scope."""
    check_numpy(run)
    trainer = Trainer([run], data)
    network, rule, schedule = trainer.network, trainer.rule, trainer.schedule
    plateau = schedule if isinstance(schedule, ReduceOnPlateau) else None
    parts = {"train": trainer.train, "test": trainer.test, "validation": trainer.validation}
    count = network.parameters + sum(part.rows.size + part.t.size for part in parts.values() if part)
    count += run.steps if schedule and not plateau else 0
    if count > MOST_NUMBERS:
        raise InputError(f"data and weights are {count} numbers, but a script can carry at most {MOST_NUMBERS}")
    flat = trainer.params[0] if params is None else np.asarray(params, dtype=float)
    names = ("l1", "l2", "dropout", "clip_norm", "max_norm", "optimizer", "steps", "frames", "patience", "seed")
    return {
        "loss": trainer.loss,
        "of_loss": vars(network.loss),
        **{name: getattr(run, name) for name in names},
        "hyper": {name: getattr(rule, name) for name in rule.declared() if name != "lr"},
        "decoupled": rule.decoupled_weight_decay,
        "memories": len(rule.buffers),
        "batch_size": trainer.batches.size,
        "plateau": plateau and {name: getattr(plateau, name) for name in PLATEAU},
        "rates": np.array([schedule(t) for t in range(run.steps)]) if schedule and not plateau else [run.lr],
        "layers": [layer.described(flat) for layer in network.layers],
        **{name: (part.rows[0, :, :-1], part.t[0].T) for name, part in parts.items() if part},
    }


def _written(program: str, run: RunSettings, settings: dict[str, Any], data: Dataset | None) -> str:
    """The script: comments on the run and its table, the program, the run as data, the call, answers to raw rows."""
    inputs, outputs = (part.shape[1] for part in settings["train"])
    network = (" > " if run.layers else "-").join(map(str, [inputs, *(run.layers or run.hidden), outputs]))
    title = (
        f"# A run of Descent Lab: {run.dataset}, a network {network}, {run.optimizer} at {run.lr:g}, seed {run.seed}."
    )
    rows = "".join(f'    "{name}": {_literal(value)},\n' for name, value in settings.items())
    script = f"{title}\n{_said(data)}\n{program.rstrip()}\n\n\nRUN = {{\n{rows}}}\n"
    encoding = encoding_of(data, run.inputs, LOSSES[settings["loss"]].probable)
    if not encoding:
        return f"{script}show(RUN)\n"
    answering = _answering(encoding, "NETWORK.outputs(inputs_of(rows, ENCODING))")
    return f"{script}NETWORK = show(RUN)\n\n{''.join(_rows())}\n\n{answering}"


def _literal(value: Any) -> str:
    """A value as Python writes it; arrays are packed."""
    if isinstance(value, np.ndarray):
        text = base64.b64encode(zlib.compress(np.ascontiguousarray(value, dtype=float).tobytes(), 6)).decode()
        rows = "\n".join(text[start : start + 110] for start in range(0, len(text), 110))
        return f'unpacked("""\n{rows}\n""", {", ".join(map(str, value.shape))})'
    if isinstance(value, list | tuple):
        between = ",\n        " if isinstance(value[0], dict) else ", "
        return f"[{between.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_literal(each)}' for name, each in value.items())}}}"
    return repr(value)
