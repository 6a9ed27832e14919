"""What a page asks its visitor, and a part of a page with a question of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.studies.contract import TOO_CLOSE, UNDECIDED, Finding
from core.studies.sure import asked
from pages.ui.live.session import Panel


@dataclass(frozen=True)
class Prediction:
    """A question to answer before looking; the finding with this key says which option proves right.

    key: that of the finding's rule, or the number of its claim. TOO_CLOSE is always an option more. `by_outcome`: the
    options are outcomes, and the finding's outcome is the answer.
    """

    question: str
    options: Sequence[str]
    key: str
    by_outcome: bool = False

    @property
    def choices(self) -> list[str]:
        """The options a visitor has."""
        return [*self.options, UNDECIDED if self.by_outcome else TOO_CLOSE]

    def finding(self, findings: Sequence[Finding]) -> Finding | None:
        """The finding that answers it; none where its experiment has not been run."""
        return asked(list(findings), self.key)


@dataclass(frozen=True)
class Section:
    """A part of a page with a claim, a prediction, charts and findings (those on `claims`) of its own."""

    key: str
    title: str
    story: str
    prediction: Prediction
    panels: Sequence[Panel]
    claims: Sequence[int]
