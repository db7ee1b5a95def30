"""The worker, in a process that knows the toy data set: `python -m tests.toy_worker FOLDER`."""

import sys
from collections.abc import Sequence

from rdpd_core.datasets import DATASETS
from rdpd_core.experiments import forest
from rdpd_core.jobs import worker
from rdpd_core.jobs.engines.local import Local
from tests.few_trees import FewTrees
from tests.toys import ToyDataset


def main(argv: Sequence[str] | None = None) -> int:
    """Do one job, as the worker does; gives the exit code."""
    DATASETS._entries["toy"] = ToyDataset
    forest.ForestParams = FewTrees
    Local.module = "tests.toy_worker"
    return worker.main(argv)


if __name__ == "__main__":
    sys.exit(main())
