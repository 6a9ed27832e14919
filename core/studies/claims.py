"""The claims of the article "Is Gradient Descent Backpropagation?", each with what is true.

We word the claims ourselves. Verdicts are not stored here: they are computed from runs.
"""

from typing import NamedTuple

GBC = "Goodfellow, Bengio & Courville 2016"
RHW = "Rumelhart, Hinton & Williams 1986"
BCN = "Bottou, Curtis & Nocedal 2018"


class Claim(NamedTuple):
    """What the article says and where; what is true; and who showed it, or how it is measured here."""

    text: str
    where: str
    truth: str
    source: str


_GD, _BP = "main text, on gradient descent", "main text, on backpropagation"
_BOTH = "main text, on both together"
_TABLE, _EFFICIENCY, _VARIANTS = "comparison table", "main text, on efficiency", "variants of gradient descent"

CLAIMS: dict[int, Claim] = {
    1: Claim(
        "gradient descent and backpropagation are two different things",
        "introduction; misconception 1",
        "One computes a gradient, the other uses it; you can replace either one and keep the other.",
        f"{GBC}, section 6.5",
    ),
    2: Claim(
        "gradient descent minimizes the cost function in a neural network",
        "key takeaways",
        "It does, and it minimizes any other differentiable function too: it is a century older than neural networks.",
        "Cauchy 1847",
    ),
    3: Claim(
        "backpropagation calculates the gradients of weights and biases",
        "key takeaways",
        "Yes: every entry of its result agrees with a finite difference of the loss.",
        RHW,
    ),
    4: Claim(
        "gradient descent is necessary for the training process",
        "key takeaways",
        "Other minimizers train networks too: quasi-Newton methods, conjugate gradients, evolution.",
        f"Nocedal & Wright 2006; {GBC}, chapter 8",
    ),
    5: Claim(
        "backpropagation computes the gradients efficiently",
        "key takeaways",
        "The whole gradient takes a few times the operations of the function, for any number of parameters.",
        "Baur & Strassen 1983; Baydin et al. 2018",
    ),
    6: Claim(
        "gradient descent finds the optimal parameters",
        _GD,
        "It approaches a point of small slope; how good that point is depends on the start.",
        BCN,
    ),
    7: Claim(
        "gradient descent moves opposite the gradient",
        _GD,
        "By definition; rules such as Adam step in other directions.",
        "Cauchy 1847",
    ),
    8: Claim(
        "gradient descent aims to reach the global minimum",
        _GD,
        "It is guaranteed to reach it only under conditions such as convexity; otherwise the start decides.",
        BCN,
    ),
    9: Claim(
        "gradient descent descends down the slope",
        _GD,
        "Only with a small enough rate: on a parabola of curvature L it must stay below 2/L, or the steps grow.",
        "Goh 2017",
    ),
    10: Claim(
        "backpropagation is specific to neural networks",
        "introduction; comparison table; misconception 1",
        "It is the reverse mode of automatic differentiation and takes any composition of differentiable steps.",
        f"{GBC}, section 6.5",
    ),
    11: Claim(
        "backpropagation applies the chain rule from the output back to the input",
        _BP,
        "Yes: each layer's error signal is computed from that of the next layer.",
        f"Linnainmaa 1970; {RHW}",
    ),
    12: Claim(
        "backpropagation lets the network learn from its mistakes",
        _BP,
        "By itself it changes nothing: it returns a gradient, and an update rule does the learning.",
        f"{GBC}, section 6.5",
    ),
    13: Claim(
        "the negative gradient is the direction of steepest descent",
        _BOTH,
        "If steps are measured by Euclidean length; under another norm another direction is steeper.",
        "Boyd & Vandenberghe 2004, section 9.4, on steepest descent in other norms",
    ),
    14: Claim(
        "backpropagation traverses the network backwards",
        _BOTH,
        "Yes, and it visits each connection once.",
        f"{GBC}, section 6.5",
    ),
    15: Claim(
        "together they are the backbone of training",
        _BOTH,
        "In most practice, with a stochastic or adaptive rule instead of plain gradient descent.",
        f"{GBC}, section 6.5",
    ),
    16: Claim(
        "gradient descent updates parameters, backpropagation calculates gradients",
        _TABLE,
        "Yes: this is the division of labour.",
        f"{GBC}, section 6.5",
    ),
    17: Claim(
        "gradient descent finds the global minimum",
        _TABLE,
        "Not in general: whether three threshold units can fit the data is NP-complete, fitting one ReLU is NP-hard.",
        "Blum & Rivest 1992, on threshold units; Goel et al. 2021, on ReLU",
    ),
    18: Claim(
        "gradient descent comes in batch, stochastic and mini-batch variants",
        _VARIANTS,
        "Yes: they differ in how many samples they use for one gradient.",
        BCN,
    ),
    19: Claim(
        "smaller batches converge faster",
        _VARIANTS,
        "Up to a critical size all need about as many passes over the data; above it larger batches need more. "
        "Smaller ones always need more updates, and with a constant step size they stop at a noise floor.",
        f"{BCN}; McCandlish et al. 2018; Shallue et al. 2019",
    ),
    20: Claim(
        "smaller batches come at the cost of more computation",
        _VARIANTS,
        "Each update costs less. An epoch costs more: n/B updates, and more time per sample, because less is "
        "vectorized.",
        f"{BCN}; timed here",
    ),
    21: Claim("backpropagation derives from the chain rule", _BP, "Yes.", f"{GBC}, section 6.5"),
    22: Claim(
        "backpropagation is a key component of training",
        _BP,
        "Yes: it is the dominant way to compute a gradient, though not the only one. Random perturbations also train, "
        "slowly.",
        f"{GBC}, section 6.5; Spall 1992",
    ),
    23: Claim(
        "backpropagation often performs faster than other optimization algorithms",
        _EFFICIENCY,
        "It optimizes nothing. Compared with other ways to compute the gradient, it wins by far.",
        "Baydin et al. 2018; Griewank & Walther 2008",
    ),
    24: Claim(
        "backpropagation allows gradients to be computed in parallel",
        _EFFICIENCY,
        "Over the samples of a batch, whose gradients add up. For one sample the layers must wait for one another; a "
        "pipeline works on several samples at a time.",
        f"{GBC}, sections 6.5 and 12.1; Huang et al. 2019, on pipelines",
    ),
    25: Claim(
        "backpropagation trains deeper networks without excessive computational costs",
        _EFFICIENCY,
        "Time grows in proportion to the number of connections, memory in proportion to batch size times number of "
        "units.",
        f"{GBC}, section 6.5",
    ),
    26: Claim(
        "networks trained this way reach remarkable accuracy and efficiency",
        "conclusion",
        "Too vague to test as stated; compared with simple baselines, it depends on the task.",
        "measured here; the baselines are scikit-learn's",
    ),
    27: Claim(
        "gradient descent can be used without backpropagation",
        "misconception 1",
        "Yes: forward mode, finite differences or random perturbations also supply a gradient.",
        f"{GBC}, section 6.5",
    ),
    28: Claim(
        "backpropagation requires gradient descent to update the model",
        "misconception 1",
        "Any gradient-based minimizer can use its result, and sensitivity analysis uses it without any update.",
        "Nocedal & Wright 2006, chapter 7",
    ),
    29: Claim(
        "backpropagation works at any depth",
        "misconception 2",
        "Yes: its gradient is correct at every depth, whether or not it is large enough to learn from.",
        f"{GBC}, section 6.5",
    ),
    30: Claim(
        "deep networks can benefit",
        "misconception 2",
        "Some functions need exponentially more units in a shallow network. To learn them, the initial weights must "
        "suit the activation.",
        "Telgarsky 2016; Eldan & Shamir 2016; Glorot & Bengio 2010; He et al. 2015",
    ),
    31: Claim(
        "backpropagation does not always reach the global minimum",
        "misconception 3",
        "Training does not; backpropagation is not a search, so it cannot converge to anything.",
        f"{GBC}, section 6.5",
    ),
    32: Claim(
        "backpropagation is deterministic and can converge",
        "misconception 3",
        "Deterministic, once data, weights, dropout masks and the order of summation are fixed. Sampling is not.",
        "Goldberg 1991, on floating-point sums",
    ),
    33: Claim(
        "the result depends on the initial values of the weights",
        "misconception 3",
        "Yes: small networks on XOR end at different losses from different initial weights.",
        f"{GBC}, section 8.4",
    ),
    34: Claim(
        "training can get stuck in local minima, especially in deep networks with many parameters",
        "misconception 3",
        "Width helps, saddle points matter more than minima, and bad minima do exist in narrow networks. Whether XOR "
        "has any with sigmoid units is contested.",
        "Dauphin et al. 2014; Safran & Shamir 2018; Hamey 1998 against Sprinkhuizen-Kuyper & Boers 1999",
    ),
    35: Claim(
        "random initialization and learning rate schedules mitigate getting stuck",
        "misconception 3",
        "Randomness is needed above all to make units differ; schedules reduce the noise of small batches.",
        f"{GBC}, section 8.4; Robbins & Monro 1951",
    ),
    36: Claim(
        "mini-batch gradient descent is a variation of backpropagation",
        "misconception 3",
        "It is a choice of samples. The backward pass is the same for any number of them.",
        BCN,
    ),
    37: Claim(
        "the chain rule requires the activation functions to be differentiable",
        "misconception 4",
        "Almost everywhere is enough in practice, as with ReLU; a step function needs a surrogate derivative.",
        "Bengio, Léonard & Courville 2013",
    ),
    38: Claim(
        "subgradients handle functions that are not differentiable",
        "misconception 4",
        "Clarke's subgradients exist for all locally Lipschitz functions. But the chain rule is lost: at a kink it "
        "can return a wrong slope.",
        "Clarke 1983; Kakade & Lee 2018; Lee et al. 2020; Bolte & Pauwels 2021",
    ),
    39: Claim(
        "ReLU's missing derivative at zero is handled",
        "misconception 4",
        "In wide networks with 64-bit numbers the value chosen there hardly matters. It changes the trained weights "
        "of narrow deep networks that start without biases, and can change those of large networks with 32-bit "
        "numbers.",
        "Bertoin et al. 2021, on precision; narrow deep networks measured here",
    ),
    40: Claim(
        "sigmoid and tanh do not face this issue",
        "misconception 4",
        "They have no kink, but flatten for large inputs, where little gradient gets through.",
        "Hochreiter 1991; Glorot & Bengio 2010",
    ),
    41: Claim(
        "backpropagation updates weights and biases",
        "misconception 5",
        "It computes a gradient for both. The optimizer moves them.",
        f"{GBC}, section 6.5",
    ),
    42: Claim(
        "updating the biases is essential",
        "misconception 5",
        "It depends on the task's symmetry, not on centred data: without biases a tanh network is an odd function and "
        "a ReLU network is positively homogeneous.",
        "measured here on three tasks, with and without biases",
    ),
    43: Claim(
        "backpropagation was first introduced in the 1970s",
        "history",
        "Forerunners in control theory 1960-62, the reverse mode in 1970, for networks in 1982 or, some say, 1974.",
        f"Kelley 1960; Dreyfus 1962; Linnainmaa 1970 and 1976; Werbos 1974 and 1982; {RHW}",
    ),
    44: Claim(
        "performance, in accuracy and in convergence rate, varies by domain",
        "performance across domains",
        "Yes, and so does the appropriate measure.",
        "measured here, with the same network, rule and rate in every domain",
    ),
    45: Claim(
        "other optimization algorithms avoid local minima",
        "comparison with other algorithms",
        "On some surfaces, at the cost of more evaluations; none does on all.",
        "Wolpert & Macready 1997: no search is best on all problems",
    ),
    46: Claim(
        "the batch size affects the training time",
        "mini-batch size",
        "Yes: larger batches save updates up to a point; beyond it they only cost more work.",
        "Shallue et al. 2019",
    ),
    47: Claim(
        "sigmoid, ReLU and tanh compare by their ability to prevent vanishing or exploding gradients",
        "activation functions",
        "They differ, but none prevents it alone: the initial weights must have the right size too.",
        "Glorot & Bengio 2010; He et al. 2015",
    ),
    48: Claim(
        "L1 and L2 regularization improve generalization",
        "regularization",
        "With irrelevant features, whether samples are few or many; without them there is little to improve.",
        "Ng 2004; measured here",
    ),
    49: Claim(
        "the shape of the loss function affects how fast training converges",
        "main text, on efficiency",
        "Yes, where outputs saturate: cross-entropy keeps its slope when a prediction is wrong, squared error loses "
        "it.",
        "Golik, Doetsch & Ney 2013",
    ),
    50: Claim(
        "mini-batch gradient descent improves convergence",
        _VARIANTS,
        "In passes over the data, up to the critical batch size; not in updates.",
        "Shallue et al. 2019",
    ),
    51: Claim(
        "biases control the activation levels of units",
        "misconception 5",
        "A bias shifts the level of its unit; the weights set how steeply that level depends on the inputs.",
        f"{GBC}, section 6.1; measured here",
    ),
    52: Claim(
        "random initialization and restarts help escape poor local minima",
        "misconception 3",
        "Restarts do if good starts are not rare. Within one run the initial weights decide, and more updates do not "
        "undo that.",
        "Rinnooy Kan & Timmer 1989, on multistart; measured here",
    ),
    53: Claim(
        "the learning rate influences final accuracy",
        "learning rate",
        "Yes: far below the best rate training does not finish in the given updates; far above it training fails.",
        f"{GBC}, section 11.4.1",
    ),
    54: Claim(
        "the convergence rate differs by domain",
        "performance across domains",
        "Yes, even with the same network, rule and rate: the same share of the progress takes more or fewer epochs.",
        "measured here",
    ),
    55: Claim(
        "computing gradients in parallel speeds up training",
        _VARIANTS,
        "If a gradient is more work than the exchange between processes; a small network trains more slowly.",
        "Amdahl 1967; measured here",
    ),
    56: Claim(
        "activation functions differ in their computational efficiency",
        "activation functions",
        "They do, by a factor of a few per value; during training the matrix products cost far more.",
        "measured here",
    ),
    57: Claim(
        "depth affects the convergence rate",
        "network depth",
        "Yes, but the initial weights and the update rule matter as much as the depth itself.",
        "Glorot & Bengio 2010; He et al. 2015",
    ),
}
