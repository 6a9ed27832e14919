"""A page's prediction, and a section with its own question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.studies.contract import TOO_CLOSE, UNDECIDED, Finding
from core.studies.sure import asked
from pages.ui.live.session import Panel


@dataclass(frozen=True)
class Prediction:
    """A question to answer before the result is shown; the finding with this key decides which option is right.

    key: that of the finding's rule, or the number of its claim. TOO_CLOSE is always added to the options. `by_outcome`:
    the options are outcomes, and the finding's outcome is the answer.
    """

    question: str
    options: Sequence[str]
    key: str
    by_outcome: bool = False

    @property
    def choices(self) -> list[str]:
        """The visitor's options."""
        return [*self.options, UNDECIDED if self.by_outcome else TOO_CLOSE]

    def finding(self, findings: Sequence[Finding]) -> Finding | None:
        """The finding that answers it, or None if its experiment has not run."""
        return asked(list(findings), self.key)

    def told(self, findings: Sequence[Finding]) -> str:
        """The sentence of the finding that answers it; empty if there is none."""
        finding = self.finding(findings)
        return finding.sentence if finding else ""


@dataclass(frozen=True)
class Section:
    """A part of a page with its own claim, prediction, charts and findings (those on `claims`).

    machine: draws below the prediction.
    """

    key: str
    title: str
    prediction: Prediction
    panels: Sequence[Panel]
    claims: Sequence[int]
    machine: Callable[[], None] | None = None
