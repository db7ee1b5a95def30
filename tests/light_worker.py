"""The worker, with a task of no weight in place of training: `python -m tests.light_worker FOLDER`. All else is as it is.

The title of the job says what it does: "short" ends by itself, "short 50" after 50 steps, "parent" starts a child process,
others go on until stopped.
"""

import os
import subprocess
import sys
import time
import types

from rdpd_core.files import write_json
from rdpd_core.jobs import states, worker

STEPS, STEP_S = 5, 0.02
CHILD = [sys.executable, "-c", "import time; time.sleep(600)"]


def do_experiment(folder, spec, tell, should_stop):
    """Count steps; what was counted before goes on."""
    done = len(list(folder.outcomes.glob("*.json")))
    child = subprocess.Popen(CHILD).pid if spec.title == "parent" else None
    tell({"kind": "plan", "stages": []})
    tell({"kind": "stage", "key": "light", "title": "counting", "child": child, "done": done})
    print("counting")
    step, (what, *steps) = 0, spec.title.split()
    last = int(*steps or [STEPS]) if what == "short" else None
    while not should_stop() and step != last:
        step += 1
        tell({"kind": "step", "stage": "light", "step": step, "run": os.getpid()})
        time.sleep(STEP_S)
    made = folder.outcomes / f"{done}.json"
    write_json(made, {"steps": step})
    tell.file(made)
    return {"status": states.STOPPED if should_stop() else states.DONE, "reason": "", "models": [], "tables": []}


if __name__ == "__main__":
    sys.modules["torch"] = types.SimpleNamespace(set_num_threads=lambda number: None)
    sys.modules["rdpd_core.jobs.work"] = types.SimpleNamespace(do_experiment=do_experiment)
    sys.exit(worker.main())
