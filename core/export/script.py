"""A run as a script: which lines of the templates it needs, and the numbers and functions that fill them in.

What is short in the engine is taken from its own source: data sets, initializers, schedules, inputs.
"""

import ast
import base64
import builtins
import re
import sys
import zlib
from collections.abc import Callable, Sequence, Set
from inspect import getdoc, getsource, isfunction
from string import Template
from symtable import symtable
from textwrap import fill, indent
from typing import Any

import numpy as np

from core.checks import InputError
from core.data import DATASETS, Dataset, load_dataset
from core.data import features as inputs
from core.data.datasets import Bundled
from core.export.templates import BATCHES, BEFORE, IMPORTS, INPUTS, LOOK, OWN, SPLIT, START
from core.nn import INITIALIZERS, Activation, Loss
from core.nn.activations.base import ScriptForm, sigmoid, softplus
from core.optimizers import OPTIMIZERS, Schedule
from core.optimizers.matrix import MatrixOptimizer
from core.optimizers.options import Scalar
from core.optimizers.schedules import ReduceOnPlateau
from core.optimizers.scripts import RuleScript
from core.training import RunSettings, Trainer

LISTS = {"f": "unit", "df": "slope"}  # in a script: the functions of each hidden layer, by the end of their names
MOST_NUMBERS = 1_000_000  # that a script carries: some 10 MB of text


class Script:
    """The parts that the scripts of one run are made of; `traits` choose the lines of templates.

    Raises InputError where a script cannot say what the run does.
    """

    def __init__(self, run: RunSettings, data: Dataset | None, params: np.ndarray | None):
        if run.dtype != "float64":
            raise InputError(f"dtype is {run.dtype}, but a script repeats the digits of a run in float64 only")
        self.rule_script = rule_script(run.optimizer)
        if run.hyper.get("line_search_fn"):
            raise InputError(
                f"line_search_fn is {run.hyper['line_search_fn']!r}, but a training searches along no line"
            )
        if data is None and type(run).data is not RunSettings.data:
            data = run.data()
        self.run, self.own, self.trainer = run, data, Trainer([run], data)
        self.network, self.rule, self.schedule = self.trainer.network, self.trainer.rule, self.trainer.schedule
        self.plateau = self.schedule if isinstance(self.schedule, ReduceOnPlateau) else None
        self.draw = alone(INITIALIZERS[run.initializer].draw)
        if params is None and not self.draw:
            params = self.trainer.params[0]
        self.first = None if params is None else self.network.layers(np.asarray(params, dtype=float))
        self.hidden, self.loss = len(run.hidden), written("loss", self.trainer.loss, self.network.loss)
        self.curves = list(run.activations or [run.activation] * self.hidden)
        self.kinds = dict(zip(self.curves, self.network.activations, strict=True))
        self.forms = {name: written("activation", name, kind) for name, kind in self.kinds.items()}
        self.raw = data or load_dataset(run.dataset, run.train, run.test, run.noise, run.irrelevant, run.data_seed)
        self.codes = self._codes()
        self.parts = ["train", "test", "validation"][: 2 + bool(run.patience)]
        self.traits = self._traits()

    def _traits(self) -> set[str]:
        run, batches = self.run, self.trainer.batches
        traits = {
            "classes": self.trainer.task == "classes",
            "generated": self.own is None and DATASETS[run.dataset].generated,
            "given": self.first is not None,
            self._targets(): True,
            "labels": self.network.loss.torch_takes_classes,
            "mini": not batches.full,
            "lonely": 1 in (batches.size, self.trainer.train.size % batches.size),
            "deep": self.hidden,
            "normalization": self.hidden and run.normalization != "none",
            run.normalization: self.hidden,
            "residual": self.network.shortcuts,
            "dropout": self.hidden and run.dropout,
            "max_norm": self.hidden and run.max_norm,
            "penalty": run.l1 or run.l2,
            "plateau": self.plateau,
            "learning_rate": self.schedule and not self.plateau,
            "cooldown": self.plateau and self.plateau.cooldown,
            "matrices": isinstance(self.rule, MatrixOptimizer),
            "elementwise": any("Elementwise(" in form.torch for form in self.forms.values()),
            "closure": self.rule_script.closure,
        }
        traits |= {name: getattr(run, name) for name in ("irrelevant", "patience", "l1", "l2", "clip_norm")}
        return {name for name, value in traits.items() if value}

    def _codes(self) -> np.ndarray | None:
        """The targets (classes, outputs) that the loss gives each class; None for numbers, which are the targets."""
        data, t = self.raw, self.trainer.train.t[0].T
        codes, same = None, data.y_train[: len(t), None]
        if data.task == "classes":
            codes = self.network.loss.targets(np.arange(data.outputs), data.task, t.shape[1], "y")
            same = codes[data.y_train[: len(t)].astype(int)]
        if not np.array_equal(same, t):
            raise InputError(f"loss is {self.trainer.loss}, but a script cannot repeat how it encodes its targets")
        return codes

    def _targets(self) -> str:
        """The trait of how a script makes the targets."""
        if self.codes is None or np.array_equal(self.codes, np.arange(len(self.codes))[:, None]):
            return "column"
        return "one_hot" if np.array_equal(self.codes, np.eye(len(self.codes))) else "coded"

    def lines(self, template: str, **names: Any) -> str:
        """The lines of a template that this run needs, with the names filled in."""
        return Template(chosen(template, self.traits)).safe_substitute(names)

    def rule_lines(self, template: str) -> str:
        """The lines of the update rule that its hyper-parameters need."""
        hyper = {name: value for name, value in self.rule.hyper.items() if value}
        words = {value for value in hyper.values() if isinstance(value, str)}
        return chosen(template, hyper.keys() | words | self.traits & {"normalization"})

    def finish(self, template: str, **names: str) -> str:
        """The script: the template filled in, and the imports that it turns out to need."""
        names["state"] = ", *state" * ("state = " in names["update"])
        if "learning_rate" in self.traits:
            assert self.schedule is not None
            names["update"] = f"{rate_function(self.schedule)}\n\n\n{names['update']}"
        text, data = self.lines(template, **self._names(), **names), self._data()
        text = re.sub(r"\n +(?=\n)", "", text)  # lines where nothing was filled in
        text = re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"
        if "unpacked(" in text + data:
            data = f"{OWN.strip()}\n\n\n{data}"
        whole = text + data
        needed = [line for sign, line in IMPORTS.items() if re.search(rf"(?<!\w){re.escape(sign)}", whole)]
        script = Template(text).safe_substitute(imports="\n".join(needed), data=data)
        if unknown := unknown_names(script):
            raise InputError(f"a script of this run would need {', '.join(unknown)}, but has no way to bring it along")
        return script

    def _names(self) -> dict[str, Any]:
        """What both templates ask for."""
        run, sizes = self.run, self.trainer.sizes
        kept = {"below": "deep", "z": "deep", "mask": "dropout", "hat": "normalization", "inverse": "normalization"}
        modes = bool({"dropout", "batch"} & self.traits)
        names = ("l1", "l2", "dropout", "clip_norm", "max_norm")
        return {name: getattr(run, name) for name in names} | {
            "title": self._title(),
            "start": self._start(),
            "before": self._before(),
            "outputs": sizes[-1],
            "codes": "" if self.codes is None else _packed(self.codes),
            "samples": self.trainer.train.size,
            "depth": self.hidden + 1,
            "hidden": self.hidden,
            "shortcuts": self.network.shortcuts,
            "kept": ", ".join(name for name, trait in kept.items() if trait in self.traits),
            "training": ", training=False" * modes,
            "on": ", training=True" * modes,
            "axis": 1 if run.normalization == "batch" else 0,
        }

    def _title(self) -> str:
        run, sizes = self.run, "-".join(map(str, self.trainer.sizes))
        if self.own:
            data = re.sub(r"[^\w ,.()-]", "", self.own.name)[:80]
        else:
            label = DATASETS[run.dataset].label
            data = label[:1].upper() + label[1:]
        units = ", ".join(kind.label or name for name, kind in self.kinds.items()) or "linear"
        loss = self.network.loss.label or self.trainer.loss
        how = f"{data}, a network {sizes} ({units}), {loss}, {run.optimizer} at {run.lr:g}, seed {run.seed}."
        return fill(how.replace("_", " "), 118) + "\n\nPrints the losses that Descent Lab has shown of this run.\n"

    def _data(self) -> str:
        """The training and the test part: drawn from their seed, or unpacked."""
        text = self._unpacked() if self.own else self._split()
        if self.raw.features == 2 and self.run.inputs != inputs.OWN:
            columns = ", ".join(_of_two_columns(name) for name in self.run.inputs)
            text += "\n\n\n" + self.lines(INPUTS, columns=columns)
        return text

    def _unpacked(self) -> str:
        parts = {name: getattr(self.raw, name) for name in ("X_train", "y_train", "X_test", "y_test")}
        if sum(part.size for part in parts.values()) > MOST_NUMBERS:
            raise InputError(
                f"data holds {sum(part.size for part in parts.values())} numbers, but a script can carry at most "
                f"{MOST_NUMBERS}"
            )
        whole = ".astype(int)" if self.raw.task == "classes" else ""
        return "\n".join(f"{name} = {_packed(part)}{whole * (part.ndim == 1)}" for name, part in parts.items())

    def _split(self) -> str:
        run, source = self.run, DATASETS[self.run.dataset]
        train, test = len(self.raw.X_train), len(self.raw.X_test)
        if isinstance(source.make, Bundled):
            maker, before = source.make.loader, f"from sklearn.datasets import {source.make.loader}"
        elif source.generated and (before := alone(source.make)):
            maker = source.make.__name__
        else:
            return self._unpacked()
        names = {"train": train, "test": test, "rows": train + test, "smaller": min(train, test), "maker": maker}
        names |= {name: getattr(run, name) for name in ("data_seed", "noise", "irrelevant")}
        return before + "\n\n\n" + self.lines(SPLIT, **names)

    def _start(self) -> str:
        """Sizes, generators and the first weights."""
        run, initializer = self.run, INITIALIZERS[self.run.initializer]
        names = {"sizes": self.trainer.sizes, "seed": run.seed}
        if self.first:
            names["first"] = "\n".join(f"    {_packed(matrix)}," for matrix in self.first)
            return self.lines(START, **names)
        gains = [initializer.total_gain(run.gain, own) for own in self.network.gains]
        names |= {"gains": repeated(gains), "initializer": initializer.draw.__name__}
        return self.draw + "\n\n\n" + self.lines(START, **names)

    def _before(self) -> str:
        """What comes before the loop: the batches, and the steps to look at."""
        names = {"batch_size": self.trainer.batches.size, "samples": self.trainer.train.size, "lr": self.run.lr}
        names |= {"steps": self.run.steps, "frames": self.run.frames}
        return self.lines(BATCHES + "\n\n" + BEFORE, **names).strip()

    def rate(self, name: str) -> str:
        """The line that sets the rate of the next update; none where it stays as it is."""
        if self.plateau:
            return f"{name} = rates[min(t - 1, len(rates) - 1)]"
        return f"{name} = learning_rate(t - 1)" if self.schedule else ""

    def look(self, losses: Sequence[str], finite: str) -> str:
        """What happens at a look: the losses by these lines, and what follows from them."""
        names = {"losses": "\n        ".join(losses), "finite": finite, "patience": self.run.patience}
        if self.plateau:
            limit = f"{self.plateau.threshold}{' * abs(lowest)' * self.plateau.relative}"
            names |= {"threshold": limit, "plateau": self.plateau.patience, "sign": "-" * (self.plateau.sign < 0)}
            names |= {name: getattr(self.plateau, name) for name in ("factor", "min_lr", "cooldown")}
            names |= {"metric": f"{self.parts[-1] if self.run.patience else 'train'}_loss"}
            names |= {"waiting": " or waiting" * bool(self.plateau.cooldown)}
        return self.lines(LOOK, **names)

    def activations(self) -> str:
        """For numpy: the activations with their derivatives, and what these and the loss are made of."""
        text = "\n\n\n".join(
            f"def {name}_unit(x):\n{body(form.value)}\n\n\ndef {name}_slope(x):\n{body(form.slope)}"
            for name, form in self.forms.items()
        )
        used = text + self.loss.value + self.loss.slope
        helpers = [standalone(each) for each in (sigmoid, softplus)]
        helpers = [each for each in helpers if re.search(rf"\b{each[4 : each.index('(')]}\(", used)]
        lists = [f"{name} = {repeated([f'{each}_{kind}' for each in self.curves])}" for name, kind in LISTS.items()]
        return "\n\n\n".join([*helpers, text, "\n".join(lists * bool(text))])

    def written_rule(self, parts: str = "") -> str:
        """The update rule as a function, after its numbers and its memory of `parts`, or of all params."""
        rule = self.rule_script
        lines = self.rule_lines(rule.lines)

        def used(name: str) -> bool:
            return bool(re.search(rf"\b{name}\b", lines))

        memory = [name for name in rule.state.split() if used(name)]
        held = {name: getattr(self.rule, name) for name in self.rule.options() if used(name)}
        if self.schedule:
            held.pop("lr", None)
        numbers = {name: float(each.cast) if isinstance(each, Scalar) else each for name, each in held.items()}
        constants = [f"{name} = {value!r}" for name, value in numbers.items()]
        starts = ", ".join(self.rule_lines(rule.starts.get(name, "np.zeros_like(x)")) for name in memory)
        state = f"state = [[{starts}] for x in {parts}]" if parts else f"state = [{starts}]".replace("(x)", "(params)")
        before = "\n".join([*constants, *[state] * bool(memory or parts)])
        head = f"def update({', '.join(['x', 'g', 't', *memory])}):\n    {_doc(type(self.rule))}\n"
        return f"{before}\n\n\n{head}{indent(lines, '    ')}".strip()


def rule_script(optimizer: str) -> RuleScript:
    """How a script writes the update rule of this name. Raises InputError where its class does not say it."""
    if (found := OPTIMIZERS[optimizer].script) is None:
        raise InputError(f"optimizer is {optimizer}, which has no script: nothing declares how a script writes it")
    return found


def chosen(template: str, traits: Set[str]) -> str:
    """The lines of a template that these traits ask for."""
    kept, dropped = [], None  # the depth of the line whose block is being dropped
    for line in template.strip("\n").splitlines():
        code, _, marks = line.partition("  #? ")
        depth = len(line) - len(line.lstrip())
        if dropped is not None and depth > dropped:
            continue
        wanted = all((mark.lstrip("!") in traits) != mark.startswith("!") for mark in marks.split())
        kept += [code] * wanted
        if line:  # an empty one ends no block
            dropped = None if wanted else depth
    return "\n".join(kept)


def written(what: str, name: str, kind: Activation | Loss) -> ScriptForm:
    """How scripts write an activation or a loss."""
    if kind.script is None:
        raise InputError(f"{what} is {name}, but nothing declares how a script writes it")
    return kind.script


def alone(function: Callable[..., Any]) -> str:
    """Source of a function as `standalone` gives it; empty where it needs more than a script brings along."""
    try:
        text = standalone(function)
    except (AttributeError, KeyError, OSError, StopIteration, TypeError):  # not a plain function of a module
        return ""
    return "" if unknown_names(text) - {sign.rstrip(".(") for sign in IMPORTS} else text


def unknown_names(text: str) -> set[str]:
    """The names that a source uses, but neither defines nor imports."""
    tables = [symtable(text, "script", "exec")]
    for table in tables:
        tables += table.get_children()  # those of its functions and classes, and so on
    used = {symbol.get_name() for table in tables for symbol in table.get_symbols() if symbol.is_global()}
    made = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return used - made - set(dir(builtins))


def standalone(function: Callable[..., Any]) -> str:
    """Source of a function without its annotations, after that of the functions of its module that it calls."""
    text = getsource(sys.modules[function.__module__])
    tree: Any = ast.parse(text)
    for part in function.__qualname__.split("."):
        tree = next(node for node in tree.body if getattr(node, "name", "") == part)
    for argument in tree.args.args:
        argument.annotation = None
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    called = [function.__globals__.get(name) for name in names]
    before = [standalone(each) for each in called if isfunction(each)]
    lines = [line[tree.col_offset :] for line in text.splitlines()[tree.body[0].lineno - 1 : tree.end_lineno]]
    return "\n\n\n".join([*before, "\n".join([f"def {tree.name}({ast.unparse(tree.args)}):", *lines])])


def rate_function(schedule: Schedule, name: str = "learning_rate") -> str:
    """The schedule as a function of the updates made so far, after its numbers and what it calls."""
    text = standalone(type(schedule).__call__)
    numbers, functions = [], []
    for attribute in dict.fromkeys(re.findall(r"self\.(\w+)", text)):
        value = getattr(schedule, attribute)
        if isinstance(value, Schedule):
            functions.append(rate_function(value, attribute))
        elif isfunction(value):
            functions.append(f"{standalone(value)}\n\n\n{attribute} = {value.__name__}")
        else:
            numbers.append(f"{attribute} = {value!r}")
    text = text.replace("self.", "").replace(
        "def __call__(self, step):", f"def {name}(step):\n    {_doc(type(schedule))}"
    )
    return "\n\n\n".join(["\n".join(numbers), *functions, text])


def body(formula: str) -> str:
    """The body of a function that returns the formula, or whose lines it is."""
    return indent(formula if "\n" in formula else f"return {formula}", "    ")


def _doc(kind: type) -> str:
    """The docstring of a class, to stand in a function."""
    text = indent(getdoc(kind) or "", "    ").strip()
    end = "\n    " if "\n" in text else ""
    return f'"""{text}{end}"""'


def _of_two_columns(name: str) -> str:
    """The formula of an input, from its entry in the table."""
    tables = [node for node in ast.walk(ast.parse(getsource(inputs))) if isinstance(node, ast.Dict)]
    entries = [entry for table in tables for entry in zip(table.keys, table.values, strict=True)]
    entry = next(value for key, value in entries if isinstance(key, ast.Constant) and key.value == name)
    return next(ast.unparse(node.body) for node in ast.walk(entry) if isinstance(node, ast.Lambda))


def _packed(numbers: np.ndarray) -> str:
    """An array of few numbers as it is, or the call that unpacks it."""
    numbers = np.ascontiguousarray(numbers, dtype=float)
    if numbers.size < 10 and len(plain := f"np.array({numbers.tolist()})") <= 100:
        return plain
    text = base64.b64encode(zlib.compress(numbers.tobytes(), 6)).decode()
    rows = "\n".join(text[i : i + 110] for i in range(0, len(text), 110))
    return f'unpacked("""\n{rows}\n""", {", ".join(map(str, numbers.shape))})'


def repeated(items: Sequence[Any]) -> str:
    """A list as text, short where all items are the same."""
    shown = list(map(str, items))
    if len(set(shown)) == 1 and len(shown) > 1:
        return f"[{shown[0]}] * {len(shown)}"
    return f"[{', '.join(shown)}]"
