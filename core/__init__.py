"""The training core: gradients, optimizers, networks and studies, without any drawing or serving.

One BLAS thread per process: matrix products here are small and slower with more, one visitor must not take every core
of a shared server, and sums have the same order on every machine.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # for libraries loaded later, such as scipy's BLAS

import numpy  # noqa: E402, F401  (loaded, so that the next line finds its BLAS)
from threadpoolctl import threadpool_limits  # noqa: E402

threadpool_limits(limits=1, user_api="blas")
