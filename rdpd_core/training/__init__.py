"""Where teacher and student meet: cohorts of students trained together, and the loop that trains them."""

from rdpd_core.training.cohort import Cohort, Member
from rdpd_core.training.keeper import Keeper, State
from rdpd_core.training.knowledge import ApartTeacher, Knowledge, LiveTeacher, kept_answers, stored_knowledge
from rdpd_core.training.oversight import Oversight, Stop
from rdpd_core.training.resident import Resident
from rdpd_core.training.settings import TrainingParams
from rdpd_core.training.trained import Trained
from rdpd_core.training.trainer import Trainer

__all__ = [
    "ApartTeacher",
    "Cohort",
    "Keeper",
    "Knowledge",
    "LiveTeacher",
    "Member",
    "Oversight",
    "Resident",
    "State",
    "Stop",
    "Trained",
    "Trainer",
    "TrainingParams",
    "kept_answers",
    "stored_knowledge",
]
