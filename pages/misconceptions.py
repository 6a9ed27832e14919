"""Five misconceptions about backpropagation, each with a prediction, an experiment and findings of its own."""

from core.studies import CLAIMS, misconceptions
from core.studies.misconceptions.study import SECTIONS
from pages.figures import misconceptions as figures
from pages.ui.frame import Page, Panel, Prediction, Section

OUTCOMES = ["holds", "holds with caveats", "does not hold"]


def _section(key: str, title: str, story: str, claim: int, *panels: Panel) -> Section:
    """A section whose prediction is the outcome of one claim."""
    prediction = Prediction(f"does it hold that {CLAIMS[claim].text}?", OUTCOMES, str(claim), by_outcome=True)
    return Section(key, title, story, prediction, panels, SECTIONS[key].claims)


Page(
    question="Which of these five beliefs stand?",
    story=(
        "The article lists five misconceptions about backpropagation and sets them right. Do its corrections hold? Say "
        "what you expect of each, and see what a short experiment says; the longer ones are on the pages of their own."
    ),
    study=misconceptions,
    sections=[
        _section(
            "one_thing",
            "1. “It is the same as gradient descent”",
            f"The article answers: {CLAIMS[1].text}, and {CLAIMS[10].text}. If they are two, each can be replaced "
            "alone: other sources of the gradient, other ways to use it. And if the chain rule needs a network, it "
            "must fail on formulas that are none.",
            10,
            Panel(
                "What decides the path: the source, or the rule?",
                figures.paths,
                "One colour a rule; its lines from different sources of the gradient lie on one another.",
            ),
            Panel(
                "Does the chain rule need a network?",
                figures.formulas,
                "The gradient by the chain rule beside central differences, one dot a point. At 1 they would be "
                "unrelated.",
            ),
        ),
        _section(
            "shallow_only",
            "2. “It only works in shallow networks”",
            f"The article answers: {CLAIMS[29].text}, and {CLAIMS[30].text}. A gradient can be right and still be too "
            "small to learn from: that depends on how the first weights are drawn, and on the update rule.",
            30,
            Panel("Does the deepest network still learn?", figures.deep, "Line: median over seeds. Band: all."),
            Panel(
                "How much of the signal comes through?",
                figures.deep_deltas,
                "The deepest network before its first update: the error signal goes from right to left.",
            ),
        ),
        _section(
            "best_weights",
            "3. “It always finds the best weights”",
            f"The article answers: {CLAIMS[31].text}; {CLAIMS[32].text}; {CLAIMS[33].text}; {CLAIMS[34].text}; "
            f"{CLAIMS[35].text}.",
            34,
            Panel(
                "Does every start lead to the bottom?",
                figures.fates,
                "XOR with 2 hidden units: one line for each training, all on the same four rows.",
            ),
            Panel("Which networks get stuck?", figures.shares, "Share of trainings that succeed, 95 % interval."),
            Panel(
                "Is the same gradient computed twice?",
                figures.repeats,
                "One dot a seed: how far from the first result, once more, in another order, from other samples.",
            ),
            Panel(
                "What if all first weights are equal?",
                figures.equal_weights,
                "Units that start alike get the same gradient and stay alike; randomness is what parts them.",
            ),
        ),
        _section(
            "smooth_only",
            "4. “It needs smooth activations”",
            f"The article answers: {CLAIMS[37].text}; {CLAIMS[38].text}; {CLAIMS[39].text}; {CLAIMS[40].text}.",
            37,
            Panel(
                "Who learns with a kink, and who with a step?",
                figures.kinks,
                "A step has slope 0 wherever it has one: its layer gets no gradient, unless one is made up.",
            ),
            Panel(
                "Do smooth ones face no issue at all?",
                figures.slopes,
                "Untrained deep networks, read from right to left: what is left of the error signal.",
            ),
        ),
        _section(
            "weights_only",
            "5. “It only updates the weights”",
            f"The article answers: {CLAIMS[41].text}, {CLAIMS[42].text}, and {CLAIMS[51].text}. So: what moves them, "
            "what do they move, and what happens to a network whose biases stay at zero?",
            42,
            Panel(
                "Who moves the weights and the biases?",
                figures.movers,
                "The backward pass computes a gradient for both and moves neither; the optimizer moves both.",
            ),
            Panel(
                "Can a network do without biases?",
                figures.without,
                "Without biases a tanh network is odd and a ReLU network positively homogeneous, whatever it learns: "
                "the question is whether the answer has that symmetry. Line: median over seeds. Band: all. Dotted: "
                "biases kept at 0. Grey line: guessing.",
            ),
        ),
    ],
).show()
