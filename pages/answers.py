"""Questions and answers: what visitors ask, in a few sentences, with the page that shows it."""

from functools import partial

from pages.ui.frame import read
from pages.ui.frame.answers import Answer, answers

ENTRIES = [
    Answer(
        "Is gradient descent the same as backpropagation?",
        "No. Backpropagation works out in which direction the loss falls, and by how much, for every weight at "
        "once. Gradient descent takes a step in that direction. Each can be replaced without the other: the "
        "gradient can come from difference quotients, and it can be handed to Adam or to a quasi-Newton method.",
        ["question", "misconceptions"],
    ),
    Answer(
        "If I remove one of the two, does a network still learn?",
        "Not as it stands. A gradient that nobody uses leaves every weight exactly where it was, and an update "
        "rule without a gradient has nowhere to go. Put something else in the place of either, and learning is "
        "back.",
        ["question"],
    ),
    Answer(
        "What does backpropagation actually do, step by step?",
        "It runs the network forward and keeps what each unit computed. Then it starts from the loss and asks, "
        "layer by layer, how much each number contributed: the chain rule from the end to the beginning. The "
        "result is one slope for each weight and bias.",
        ["chain_rule"],
    ),
    Answer(
        "Can I trust a gradient? How would I check one?",
        "Move one weight a little up and a little down, and compare the change of the loss with the slope. The "
        "step must be neither large, where the curve bends, nor tiny, where digits are lost: a curve in the shape "
        "of a V.",
        ["chain_rule"],
    ),
    Answer(
        "Why is backpropagation called efficient?",
        "All slopes together cost about as much as a few forward passes, whether there are fifty weights or fifty "
        "million. Trying each weight by itself costs one or two forward passes for every one of them.",
        ["complexity", "chain_rule"],
    ),
    Answer(
        "Does training find the best weights there are?",
        "Seldom for certain. It comes to rest where the slope is small, and which place that is depends on the "
        "first weights. On XOR with two hidden units you can watch most trainings miss a solution that exists.",
        ["minima"],
    ),
    Answer(
        "Are local minima the great danger in large networks?",
        "Less than one may think. More units per layer make it easier to find a good place, while very narrow "
        "networks do get stuck; piling up layers without more width does not help them.",
        ["minima"],
    ),
    Answer(
        "How do I choose a learning rate?",
        "Try powers of ten. Too small and nothing happens, too large and the loss grows: on a parabola of "
        "curvature L the limit is 2/L. The best rates usually lie not far below the one at which training breaks.",
        ["learning_rate"],
    ),
    Answer(
        "Which batch size is best?",
        "Small batches make more progress per pass over the data, large ones per update. Growing the batch saves "
        "updates up to a point, and beyond it only costs samples. Hardware that works on many samples at once "
        "shifts the balance in time, not in updates.",
        ["batch_size"],
    ),
    Answer(
        "Stochastic, batch, mini-batch: are these kinds of backpropagation?",
        "They are ways to choose the samples behind one gradient. The backward pass is the same function for one "
        "sample and for a thousand; the gradients of small batches average out to that of all samples.",
        ["optimizers", "question"],
    ),
    Answer(
        "Is Adam better than plain gradient descent?",
        "It often needs less care with the learning rate. Once every rule is allowed a rate tuned for itself, the "
        "lead shrinks or vanishes, and depends on the task. The race gives each the same budget and says whether a"
        " lead is larger than the luck of the seeds.",
        ["optimizers"],
    ),
    Answer(
        "Which activation should I use?",
        "One that does not flatten the signal on its way back, together with first weights that fit it. ReLU with "
        "the right initialization carries an error signal through thirty layers; sigmoid lets hardly anything "
        "arrive.",
        ["activations"],
    ),
    Answer(
        "ReLU has a corner. Does the chain rule break there?",
        "A number hardly ever lands exactly on the corner, and whichever slope one takes there, training ends with"
        " the same weights. A step function is another matter: flat everywhere, it passes on nothing to learn "
        "from.",
        ["activations", "misconceptions"],
    ),
    Answer(
        "How deep can a network be?",
        "As deep as you like for the chain rule, which stays exact. Whether anything is left of the signal is a "
        "matter of the first weights: drawn for the wrong activation, thirty layers do not learn at all.",
        ["depth"],
    ),
    Answer(
        "Do I need biases?",
        "Where the right answer is not centred on the data, a network without biases cannot express it. Where the "
        "data are centred, it may do as well without. They get gradients from backpropagation like every weight.",
        ["misconceptions"],
    ),
    Answer(
        "When does regularization help?",
        "When there are few samples for all there is to fit, above all among features that do not matter. With "
        "plenty of samples there is little to hold back, and a penalty can do harm.",
        ["regularization"],
    ),
    Answer(
        "Do evolution, annealing or swarms avoid local minima?",
        "On some surfaces they reach the lowest point more often than descent does, for many more evaluations. On "
        "a network's hundreds of weights the gradient is worth more than luck.",
        ["algorithms"],
    ),
    Answer(
        "Does one method win in every field?",
        "No. On images, on text and on rare fraud the same network meets different rivals, and even the measure "
        "changes: where one case in a hundred is fraud, saying “never” is right 99 times in 100 and worthless.",
        ["domains"],
    ),
    Answer(
        "Who invented it?",
        "Engineers of flight paths carried derivatives backwards around 1960, the method for any program was "
        "written down in 1970, and it reached networks and fame in the 1980s.",
        ["history"],
    ),
    Answer(
        "How are the verdicts made, and can I repeat them?",
        "Each has a rule in words, fixed before the run; the outcome is computed from what was measured, with the "
        "spread over several seeds. The same seed repeats a run number for number, measured times apart. The trial"
        " runs them all, and every page hands out its numbers and a link to its settings.",
        ["trial"],
    ),
]

read(
    "What would you like to know?",
    "Short answers to what people ask about gradient descent and backpropagation, each with its experiment.",
    [partial(answers, ENTRIES)],
)
