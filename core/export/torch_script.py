"""What torch brings of its own: its optimizers and schedulers, where their rule is the engine's."""

from typing import Any

from core.checks import InputError
from core.export.script import Script
from core.nn.activations.base import ScriptForm


def remark(script: Script) -> str:
    """A word on runs whose digits torch cannot repeat for long, as it rounds in another order."""
    # biases before a batch normalization have a gradient of rounding errors
    words = "Rounding errors grow in this run: torch's digits leave those of the lab sooner or later.\n"
    return words if script.rule_script.drifts in {"always"} | script.traits & {"batch"} else ""


def made(what: str, name: str, form: ScriptForm) -> str:
    """The expression that makes an activation or a loss in torch."""
    if not form.torch:
        raise InputError(f"{what} is {name}, but nothing declares how torch makes it; the script in numpy has it")
    return form.torch


def choose_lines(script: Script) -> None:
    """Give the script the traits that choose lines of the template for torch."""
    rule, schedule = script.rule_script, script.schedule
    if not rule.torch or (schedule and not rule.scheduled):
        script.traits.add("written")
    elif schedule and not script.plateau:
        script.traits |= {"scheduler"}
        if schedule.torch and schedule.torch_lasts(script.run.steps):
            script.traits -= {"learning_rate"}


def rule(script: Script) -> str:
    """The optimizer and its scheduler, or the rule written out."""
    if "written" in script.traits:
        return script.written_rule("model.parameters()").replace("np.", "torch.").replace(".copy()", ".clone()")
    run, options = script.run, script.rule.options()
    hyper: dict[str, Any] = {}
    for name, value in {**script.rule.hyper, **script.rule.fixed()}.items():
        if name in options and (together := options[name].torch):
            hyper[together] = (*hyper.get(together, ()), value)
        elif value is not None and value is not False:
            hyper[name] = value
    lines = [_call(f"optimizer = torch.optim.{script.rule_script.torch}", "model.parameters()", hyper)]
    if "learning_rate" in script.traits:
        rate = f"optimizer, lambda step: learning_rate(step) / {run.lr}"
        lines.append(_call("scheduler = torch.optim.lr_scheduler.LambdaLR", rate, {}))
    elif "scheduler" in script.traits:
        assert script.schedule is not None
        named = script.schedule.torch_arguments() | script.schedule.fit(run.steps) | run.schedule_hyper
        lines.append(_call(f"scheduler = torch.optim.lr_scheduler.{script.schedule.torch}", "optimizer", named))
    return "\n".join(lines)


def _call(function: str, first: str, named: dict[str, Any]) -> str:
    """A call, one argument a line where one line is too short for all."""
    arguments = [first, *(f"{name}={value!r}" for name, value in named.items())]
    line = f"{function}({', '.join(arguments)})"
    return line if len(line) <= 100 else f"{function}(\n    " + ",\n    ".join(arguments) + ",\n)"
