"""The claims of the article "Is Gradient Descent Backpropagation?", each with what is true.

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


CLAIMS: dict[int, Claim] = declared(dict[int, Claim], __file__, "claims")
