"""The build backend is setuptools; before it, one sentence for a Python that is too old.

The old versions of pip that come with such a Python would name some dependency instead.
"""

import sys

OLDEST = (3, 11)  # as requires-python in pyproject.toml
if sys.version_info < OLDEST:
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"Descent Lab needs Python {OLDEST[0]}.{OLDEST[1]} or newer, but this is Python {found}.")

from setuptools.build_meta import *  # noqa: E402, F403
