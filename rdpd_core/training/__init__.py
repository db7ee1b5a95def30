"""Where teacher and student meet: cohorts of students trained together, and the loop that trains them."""

from rdpd_core.training.cohort import Cohort, Member
from rdpd_core.training.knowledge import Knowledge, LiveTeacher, stored_knowledge
from rdpd_core.training.resident import Resident
from rdpd_core.training.settings import TrainingParams
from rdpd_core.training.trainer import Trained, Trainer

__all__ = [
    "Cohort",
    "Knowledge",
    "LiveTeacher",
    "Member",
    "Resident",
    "Trained",
    "Trainer",
    "TrainingParams",
    "stored_knowledge",
]
