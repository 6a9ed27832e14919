"""How a script writes an update rule: its lines in the paper's letters, in the order in which the rule computes."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RuleScript:
    """The lines of a rule that change x, the parameters, by g, the gradient of update t; and what torch has of it.

    A line that ends in `#? a !b` is written where the option a is on (or not 0) and b is off; a word of a choice is on
    where it is chosen, and so is "normalization" in a network with normalization. Operations stand in the rule's own
    order, so that results agree to the last bit.
    """

    lines: str
    state: str = ""  # names of the arrays it remembers
    starts: Mapping[str, str] = field(default_factory=dict)  # of those that do not start as np.zeros_like(x)
    torch: str = ""  # its name in torch.optim, where torch has this rule
    closure: bool = False  # torch's step asks for the loss
    scheduled: bool = True  # torch's rule takes a new rate up at once
    drifts: str = ""  # where rounding errors grow, so that torch's digits differ: "always", or in "batch" normalization


COUPLED = "g = g + weight_decay * x  #? weight_decay\n"
DECOUPLED = "x *= 1 - lr * weight_decay  #? weight_decay\n"
EITHER = """g = g + weight_decay * x  #? weight_decay !decoupled_weight_decay
x *= 1 - lr * weight_decay  #? weight_decay decoupled_weight_decay
"""
