"""What looks after jobs in the trials, in a process that knows the toy data set, and whose workers only count."""

import sys
from pathlib import Path

from rdpd_core.datasets import DATASETS
from rdpd_core.jobs.chaos.server import serve
from rdpd_core.jobs.engines.local import Local
from tests.toys import ToyDataset

if __name__ == "__main__":
    DATASETS._entries["toy"] = ToyDataset
    Local.module = "tests.light_worker"
    serve(Path(sys.argv[1]))
