"""The worker, in a process that knows the toy data set: `python -m tests.toy_worker FOLDER`."""

import sys

from rdpd_core.datasets import DATASETS
from rdpd_core.jobs import worker
from rdpd_core.jobs.engines.local import Local
from tests.toys import ToyDataset

if __name__ == "__main__":
    DATASETS._entries["toy"] = ToyDataset
    Local.module = "tests.toy_worker"
    sys.exit(worker.main())
