"""From recordings to windows that a model can learn from: cleaned, resampled, stored, cut, split by subject, scaled."""

from rdpd_core.preprocessing.channels import Interface, check_fit, interface, view_rows
from rdpd_core.preprocessing.convert import convert
from rdpd_core.preprocessing.noise import add_noise, noise, snr_db
from rdpd_core.preprocessing.normalize import Statistics, fit_statistics
from rdpd_core.preprocessing.prepare import Prepared, windows_of
from rdpd_core.preprocessing.splits import Splits, assignment_from_lists, fraction, part_of, split, unlabeled, wrong_labels
from rdpd_core.preprocessing.stored import Converted, open_converted
from rdpd_core.preprocessing.windows import cut

__all__ = [
    "Converted",
    "Interface",
    "Prepared",
    "Splits",
    "Statistics",
    "add_noise",
    "assignment_from_lists",
    "check_fit",
    "convert",
    "cut",
    "fit_statistics",
    "fraction",
    "interface",
    "noise",
    "open_converted",
    "part_of",
    "snr_db",
    "split",
    "unlabeled",
    "view_rows",
    "windows_of",
    "wrong_labels",
]
