"""History: who found gradient descent and backpropagation, and when."""

from core.studies import CLAIMS, history
from pages.figures import history as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Who invented backpropagation?",
    story=(
        "Two lines of work met late. One is gradient descent: Cauchy stepped against a gradient in 1847. The other is "
        "how to differentiate long calculations: control engineers found it for flight paths, a student in Helsinki "
        f"for any program, and several people independently for networks. The article says that {CLAIMS[43].text}. "
        "That depends on what counts as its introduction; for networks even the year is contested."
    ),
    study=history,
    prediction=Prediction(
        "when was the chain rule first run backwards through a process of many stages?",
        ["1940s", "1950s", "1960s", "1970s", "1980s"],
        "43",
    ),
    panels=[
        Panel("Who discovered what, and when?", figures.timeline, tells=True),
        Panel("What counts as its introduction?", figures.readings, tells=True),
    ],
    still=True,
).show()
