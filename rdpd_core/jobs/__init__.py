"""Work that outlives a click: a job is a folder, a worker fills it, and engines only start and end workers.

Nothing here imports PyTorch before a worker computes, so that a listing is quick.
"""

from rdpd_core.jobs.desk import Desk, Job
from rdpd_core.jobs.engines import ENGINES, Engine
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.progress import Progress
from rdpd_core.jobs.spec import Spec
from rdpd_core.jobs.states import State

__all__ = ["ENGINES", "Desk", "Engine", "Job", "JobFolder", "Progress", "Spec", "State"]
