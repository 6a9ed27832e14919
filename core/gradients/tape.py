"""Automatic differentiation of any formula, without a network: record the operations, then apply the chain rule.

Running a formula on Variables records each operation with its partial derivatives. The derivative is the sum, over all
paths from an input to the result, of the products of the partials along the path. Multiplied from the inputs forward,
this is the forward mode, one pass per direction; from the result back, it is the reverse mode: one pass for the whole
gradient, which is backpropagation. Source: Griewank & Walther 2008; Baydin et al. 2018 (JMLR 18).
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from core.checks import InputError

# The partial derivatives of y = operation(a, b) by each of its arguments
PARTIALS: dict[np.ufunc, Callable[..., tuple[Any, ...]]] = {
    np.add: lambda y, a, b: (1, 1),
    np.subtract: lambda y, a, b: (1, -1),
    np.multiply: lambda y, a, b: (b, a),
    np.divide: lambda y, a, b: (1 / b, -y / b),
    np.power: lambda y, a, b: (b * a ** (b - 1),),  # for the base only
    np.negative: lambda y, a: (-1,),
    np.square: lambda y, a: (2 * a,),
    np.sqrt: lambda y, a: (0.5 / y,),
    np.exp: lambda y, a: (y,),
    np.log: lambda y, a: (1 / a,),
    np.log1p: lambda y, a: (1 / (1 + a),),
    np.sin: lambda y, a: (np.cos(a),),
    np.cos: lambda y, a: (-np.sin(a),),
    np.tanh: lambda y, a: (1 - y * y,),
    np.absolute: lambda y, a: (np.sign(a),),
    np.maximum: lambda y, a, b: (np.greater(a, b), np.less_equal(a, b)),
}


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    """A number that records its computation: `parents` are (variable, partial derivative with respect to it)."""

    _count = itertools.count()

    def __init__(self, value: Any, parents: Sequence[tuple["Variable", Any]] = ()):
        self.value, self.parents = value, parents
        self.order = next(Variable._count)  # a result comes after all its parents

    def __array_ufunc__(self, operation: np.ufunc, method: str, *inputs: Any, **options: Any) -> "Variable":
        """numpy calls this for every operation on a Variable. Raises InputError for one without known partials."""
        if method != "__call__" or options or operation not in PARTIALS:
            known = ", ".join(each.__name__ for each in PARTIALS)
            raise InputError(f"operation is {operation.__name__}, but must be one of {known}")
        if operation is np.power and isinstance(inputs[1], Variable):
            raise InputError("exponent is a variable, but must be a number: write exp(b log(a)) instead")
        values = [one.value if isinstance(one, Variable) else one for one in inputs]
        result = operation(*values)
        pairs = zip(inputs, PARTIALS[operation](result, *values), strict=False)
        return Variable(result, [(one, partial) for one, partial in pairs if isinstance(one, Variable)])


def recorded(result: Any) -> list[Variable]:
    """Return all variables that `result` depends on, including itself, each after its parents."""
    found, todo = {}, [result]
    while todo:
        variable = todo.pop()
        if variable.order not in found:
            found[variable.order] = variable
            todo += [parent for parent, _ in variable.parents]
    return [found[order] for order in sorted(found)]


def reverse_sweep(result: Variable, inputs: Sequence[Variable]) -> list[Any]:
    """Return d(result)/d(input) of every input: adjoints flow from the result back in one pass."""
    adjoint: dict[int, Any] = {result.order: 1.0}
    for variable in reversed(recorded(result)):
        for parent, partial in variable.parents:
            adjoint[parent.order] = adjoint.get(parent.order, 0.0) + adjoint[variable.order] * partial
    return [adjoint.get(one.order, 0.0) for one in inputs]


def forward_sweep(result: Variable, inputs: Sequence[Variable], direction: Iterable[Any]) -> Any:
    """Return the slope of the result along one direction: tangents flow from the inputs forward."""
    tangent: dict[int, Any] = {one.order: d for one, d in zip(inputs, direction, strict=True)}
    for variable in recorded(result):
        if variable.parents:
            tangent[variable.order] = sum(slope * tangent.get(parent.order, 0.0) for parent, slope in variable.parents)
    return tangent.get(result.order, 0.0)
