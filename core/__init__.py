"""The training core: gradients, optimizers, networks and studies, without any drawing or serving.

One BLAS thread per process: matrix products here are small and slower with more, one visitor must not take every core
of a shared server, and sums have the same order on every machine.
"""

import os
import sys
from importlib.util import find_spec

NEEDED = (
    *("charset_normalizer", "clevercsv", "joblib", "nbformat", "numpy", "pandas", "pyarrow", "pydantic"),
    *("scipy", "sklearn", "threadpoolctl"),
)
if _missing := [_name for _name in NEEDED if find_spec(_name) is None]:
    _told = f"Descent Lab is not installed here ({', '.join(_missing)} missing): run pip install -e . in its folder."
    raise SystemExit(_told) if sys.argv[:1] == ["-m"] else ModuleNotFoundError(_told)  # -m: a command of this package

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # for libraries loaded later, such as scipy's BLAS

import numpy  # noqa: E402, F401  (loaded, so that the next line finds its BLAS)
from threadpoolctl import threadpool_limits  # noqa: E402

threadpool_limits(limits=1, user_api="blas")
