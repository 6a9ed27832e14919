"""Every experiment of the lab: its question, its run, and what it finds; and the article's claims."""

from core.studies.claims import CLAIMS
from core.studies.contract import STUDIES

__all__ = ["CLAIMS", "STUDIES"]
