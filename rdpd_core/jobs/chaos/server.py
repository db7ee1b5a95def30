"""What a server does for jobs, without pages: hands in a job per line of its input, and looks after all of them."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from rdpd_core.jobs.desk import Desk
from rdpd_core.jobs.spec import Spec

ROUND_S = 0.1


def serve(root: Path) -> None:
    """Serve until the process is killed."""
    desk = Desk(root)
    threading.Thread(target=_rounds, args=(desk,), daemon=True).start()
    for line in sys.stdin:
        job, _ = desk.submit(Spec.from_dict(json.loads(line)))
        print(job.id, flush=True)
    while True:
        time.sleep(ROUND_S)


def _rounds(desk: Desk) -> None:
    while True:
        desk.rebuild()
        desk.tick()
        time.sleep(ROUND_S)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
