"""The lab's experiments, each with its question, its run and its findings; and the article's claims."""

from core.studies.claims import CLAIMS
from core.studies.contract import STUDIES

__all__ = ["CLAIMS", "STUDIES"]
