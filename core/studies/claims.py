"""The claims of the article "Is Gradient Descent Backpropagation?", and what was published beyond it.

We word the claims ourselves, in claims.toml. Verdicts are not stored there: they are computed from runs.
"""

from typing import NamedTuple

from core.studies.declared import declared


class Claim(NamedTuple):
    """What the article says and where; what is true; and who showed it, or how it is measured here."""

    text: str
    where: str
    truth: str
    source: str


class Published(NamedTuple):
    """A result in one sentence; as it was published, with its definitions; by whom.

    claims: numbers of the article's claims on which it bears. left_out: what the small setting here does not show.
    set_up: what was changed after the first full run, and why; empty where nothing was.
    """

    text: str
    truth: str
    source: str
    claims: tuple[int, ...]
    left_out: str
    set_up: str = ""


CLAIMS: dict[int, Claim] = declared(dict[int, Claim], __file__, "claims")
RESULTS: dict[int, Published] = declared(dict[int, Published], __file__, "results")
