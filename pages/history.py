"""History: who found gradient descent and backpropagation, and when."""

from core.studies import history
from pages.figures import history as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Who invented backpropagation?",
    story=(
        "Two stories that met late. One is about going downhill: Cauchy stepped against a gradient in 1847. The "
        "other is about derivatives of long calculations, found by engineers who steered rockets, by a student "
        "in Helsinki for any program, and several times anew for networks. The article says backpropagation was "
        "first introduced in the 1970s. That depends on what one calls its introduction."
    ),
    study=history,
    prediction=Prediction(
        "when was the chain rule first run backwards through a process of many stages?",
        ["1940s", "1950s", "1960s", "1970s", "1980s"],
        "43",
    ),
    panels=[
        Panel(
            "Who found what, and when?",
            figures.timeline,
            "One row a publication; point at a mark to read what it was and where to find it. Shaded: the 1970s. "
            "What is older than 1940 stands at the left edge.",
            tells=True,
        ),
        Panel(
            "What counts as its introduction?",
            figures.readings,
            "Four readings. Large: the first publication that counts for each. Shaded: the decade of the claim.",
            tells=True,
        ),
    ],
    still=True,
).show()
