"""The glossary: the words and letters of these pages, each in a sentence, with its formula where it has one."""

from functools import partial

from pages.ui.frame import read
from pages.ui.frame.answers import Term, glossary

TERMS = [
    Term(
        "Activation",
        "What a unit makes of its pre-activation: $a = f(z)$. Without it a deep network is one linear map.",
        "activations",
    ),
    Term(
        "Backpropagation",
        r"The chain rule from the loss back to the inputs, each product computed once: $\delta_l = (W_{l+1}^T "
        r"\delta_{l+1}) \odot f'(z_l)$, $\partial L / \partial W_l = \delta_l\, a_{l-1}^T$.",
        "chain_rule",
    ),
    Term(
        "Batch",
        "The samples behind one gradient: all of them, some (a mini-batch), or one (stochastic).",
        "batch_size",
    ),
    Term(
        "Bias",
        "The number $b$ that a unit adds to its weighted sum, $z = W a + b$: it shifts where the unit switches.",
        "misconceptions",
    ),
    Term(
        "Condition number",
        r"How much steeper the steepest direction of a bowl is than the flattest: $\kappa = \lambda_{max} / "
        r"\lambda_{min}$. Gradient descent shrinks the error by $(\kappa - 1)/(\kappa + 1)$ a step at best.",
        "learning_rate",
    ),
    Term(
        "Dead unit",
        "A unit whose slope is 0 on every sample: no gradient passes, so its weights never move again.",
        "activations",
    ),
    Term(
        "Delta, δ",
        r"The slope of the loss with respect to a pre-activation, $\delta = \partial L / \partial z$: the "
        r"error signal that travels back.",
        "depth",
    ),
    Term(
        "Divergence",
        "A run whose loss grows beyond all bounds or is no number any more, mostly from too large a rate.",
        "learning_rate",
    ),
    Term(
        "Dropout",
        "Silencing a random share of the units at each update, so that none can rely on another.",
        "regularization",
    ),
    Term("Epoch", "One pass over all training samples: $n / B$ updates with batches of $B$.", "batch_size"),
    Term(
        "Finite differences",
        "A slope from two values: $(L(w + h) - L(w - h)) / 2h$. It needs two losses for every parameter.",
        "complexity",
    ),
    Term("Generalization gap", "Test loss minus training loss: what was learnt by heart.", "regularization"),
    Term(
        "Gradient, g",
        r"The slopes of the loss with respect to all parameters, $g = \nabla L(w)$. It says which way is up, "
        r"and how steeply.",
        "question",
    ),
    Term("Gradient descent", r"A step against the gradient: $w \leftarrow w - \eta\, g$.", "question"),
    Term(
        "Initializer",
        r"How the first weights are drawn. Xavier: $Var\,W = 2 / (n_{in} + n_{out})$; Kaiming, for ReLU: $2 / "
        r"n_{in}$.",
        "depth",
    ),
    Term(
        "Interval",
        "Where the mean lies, with 95 % confidence, judged by the spread over the seeds. If it leaves out "
        "zero, the difference counts as real.",
        "trial",
    ),
    Term(
        "L1 and L2",
        r"Penalties on the weights, $\lambda \sum |W|$ and $\frac{\lambda}{2} \sum W^2$. The first makes "
        r"weights zero, the second makes them small.",
        "regularization",
    ),
    Term("Learning rate, η", "The length of a step, as a multiple of the gradient.", "learning_rate"),
    Term("Local minimum", "A point lower than all around it, though not the lowest there is.", "minima"),
    Term("Loss, L", "One number for how wrong the answers are; training makes it small.", "question"),
    Term(
        "Momentum",
        r"A memory of past gradients that goes on in their direction: $v \leftarrow \mu v + g$, $w \leftarrow "
        r"w - \eta\, v$.",
        "optimizers",
    ),
    Term(
        "Paired seeds",
        "Two contestants compared on the same data, the same first weights and the same batches, seed by "
        "seed, so that luck cancels.",
        "optimizers",
    ),
    Term("Saddle", "A point without slope that goes up in some directions and down in others.", "algorithms"),
    Term("Saturation", "A unit so far out on its activation that the slope is nearly 0.", "activations"),
    Term(
        "Seed",
        "The number from which all randomness of a run is drawn. The same seed gives the same run, to the last bit.",
        "trial",
    ),
    Term(
        "Vanishing gradient",
        "A δ that shrinks from layer to layer on its way down, until the first layers learn nothing.",
        "depth",
    ),
]

read(
    "What does this word mean?",
    "The words and letters of these pages, each in a sentence or two, with the page where it can be seen at work.",
    [partial(glossary, TERMS)],
)
