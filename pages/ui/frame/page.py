"""What makes a page: its story, its study, its prediction and its charts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.settings import Settings
from core.studies.contract import TOO_CLOSE, UNDECIDED, Finding, Study
from core.studies.race import RaceResult
from pages.ui.frame import controls
from pages.ui.live.session import Experiment, Panel

ASKED_FIRST = 10.0  # times the work of the defaults, above which the visitor has to press the button


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
        return next((each for each in findings if self.key in (each.rule.key, str(each.number))), None)


@dataclass(frozen=True)
class Section:
    """A part of a page with a claim, a prediction, charts and findings (those on `claims`) of its own."""

    key: str
    title: str
    story: str
    prediction: Prediction
    panels: Sequence[Panel]
    claims: Sequence[int]


@dataclass(frozen=True)
class Page:
    """What makes one page: its story, its study, and its charts, the first of which moves most.

    `waits` says of a result that the experiment goes on only when the visitor presses the button, which is called
    `run_label`; `asks` says so of settings. `milestone` gives what makes the page be drawn anew when it changes.
    `docket` draws findings in the page's own way, and at any time. `more` draws what else a page has, below its
    findings, at any time. A page of `sections` has predictions, charts and findings in these alone.

    `controls` draws the settings in the page's own way. `change` gives a result other settings to go on with, and
    returns False where they need a new start. `grains` are steps of the page's own, in place of the button Step.
    `tools` draws what a page offers above its charts. `moment` says in words where a run that stands still is,
    `standing` what the charts show right now. `run` begins the experiment in the page's own way, in place of the
    study's.
    """

    question: str
    story: str
    study: Study
    prediction: Prediction | None = None
    panels: Sequence[Panel] = ()
    sections: Sequence[Section] = ()
    run_label: str = "Run"
    waits: Callable[[Any], bool] = lambda result: False
    milestone: Callable[[Any], object] = lambda result: None
    docket: Callable[[Any], None] | None = None
    more: Callable[[Any], None] | None = None
    asks: Callable[[Settings], bool] = lambda settings: settings.effort() > ASKED_FIRST
    controls: Callable[[str, Any], dict[str, Any]] = controls.sidebar
    change: Callable[[Any, Any], bool] = lambda result, settings: False
    grains: Mapping[str, Callable[[Any], bool] | None] = field(default_factory=lambda: {"Step": None})
    tools: Callable[[Experiment], None] | None = None
    moment: Callable[[Any], str] | None = None
    standing: Callable[[Any], str] = lambda result: result.standing() if isinstance(result, RaceResult) else ""
    run: Callable[[Any], Iterator[Any]] | None = None

    @property
    def key(self) -> str:
        """The name of its study, with which the keys of its widgets begin."""
        return self.study.__name__.rpartition(".")[2]

    @property
    def start(self) -> Callable[[Any], Iterator[Any]]:
        """What begins its experiment."""
        return self.run or self.study.run

    @property
    def charts(self) -> list[Panel]:
        """All its panels, those of the sections included."""
        return [*self.panels, *(panel for section in self.sections for panel in section.panels)]
