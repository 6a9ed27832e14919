"""What torch brings of its own: its optimizers and schedulers, where their rule is the engine's."""

from typing import Any

from core.checks import InputError
from core.export.formulas import RULES
from core.export.script import Script
from core.nn.activations.base import ScriptForm
from core.optimizers import SCHEDULES

PAIRS = {"beta1": "betas", "beta2": "betas", "etaminus": "etas", "etaplus": "etas"}
PAIRS |= {"step_min": "step_sizes", "step_max": "step_sizes", "eps1": "eps", "eps2": "eps"}
SCHEDULERS = {
    "constant": "ConstantLR",
    "step": "StepLR",
    "multi_step": "MultiStepLR",
    "exponential": "ExponentialLR",
    "linear": "LinearLR",
    "polynomial": "PolynomialLR",
    "cosine_annealing": "CosineAnnealingLR",
    "cosine_warm_restarts": "CosineAnnealingWarmRestarts",
    "cyclic": "CyclicLR",
    "one_cycle": "OneCycleLR",
}


RESTLESS = {"lbfgs"}  # rules in which rounding errors grow
RESTLESS_NORMALIZED = {"rprop", "lion", "adafactor", "rmsprop"}  # biases before it have a gradient of rounding errors


def remark(script: Script) -> str:
    """A word on runs whose digits torch cannot repeat for long, as it rounds in another order."""
    restless = RESTLESS | (RESTLESS_NORMALIZED if "batch" in script.traits else set())
    words = "Rounding errors grow in this run: torch's digits leave those of the lab sooner or later.\n"
    return words if script.run.optimizer in restless else ""


def made(what: str, name: str, form: ScriptForm) -> str:
    """The expression that makes an activation or a loss in torch."""
    if not form.torch:
        raise InputError(f"{what} is {name}, but nothing declares how torch makes it; the script in numpy has it")
    return form.torch


def choose_lines(script: Script) -> None:
    """Give the script the traits that choose lines of the template for torch."""
    run = script.run
    # torch's ASGD lags one step behind a schedule, and its OneCycleLR ends with an error
    written = not RULES[run.optimizer].torch or (run.optimizer == "asgd" and script.schedule)
    known = run.schedule in SCHEDULERS and _schedule(script).get("total_steps", run.steps) >= run.steps
    if written:
        script.traits.add("written")
    elif script.schedule and not script.plateau:
        script.traits |= {"scheduler"}
        script.traits -= {"learning_rate"} if known else set()


def rule(script: Script) -> str:
    """The optimizer and its scheduler, or the rule written out."""
    if "written" in script.traits:
        return script.written_rule("model.parameters()").replace("np.", "torch.").replace(".copy()", ".clone()")
    hyper: dict[str, Any] = {}
    for name, value in {**script.rule.hyper, **script.rule.fixed}.items():
        if name in PAIRS:
            hyper[PAIRS[name]] = (*hyper.get(PAIRS[name], ()), value)
        elif value is not None and value is not False:
            hyper[name] = value
    lines = [_call("optimizer = torch.optim." + RULES[script.run.optimizer].torch, "model.parameters()", hyper)]
    if "learning_rate" in script.traits:
        rate = f"optimizer, lambda step: learning_rate(step) / {script.run.lr}"
        lines.append(_call("scheduler = torch.optim.lr_scheduler.LambdaLR", rate, {}))
    elif "scheduler" in script.traits:
        name = SCHEDULERS[script.run.schedule]
        lines.append(_call(f"scheduler = torch.optim.lr_scheduler.{name}", "optimizer", _schedule(script)))
    return "\n".join(lines)


def _schedule(script: Script) -> dict[str, Any]:
    """What torch's scheduler has to be told."""
    run = script.run
    besides = {
        "constant": {"factor": 1.0},
        "cyclic": {"base_lr": run.lr, "max_lr": 10 * run.lr, "cycle_momentum": False},
        "one_cycle": {"max_lr": run.lr, "cycle_momentum": False},
    }
    return besides.get(run.schedule, {}) | SCHEDULES[run.schedule].fit(run.steps) | run.schedule_hyper


def _call(function: str, first: str, named: dict[str, Any]) -> str:
    """A call, one argument a line where one line is too short for all."""
    arguments = [first, *(f"{name}={value!r}" for name, value in named.items())]
    line = f"{function}({', '.join(arguments)})"
    return line if len(line) <= 100 else f"{function}(\n    " + ",\n    ".join(arguments) + ",\n)"
