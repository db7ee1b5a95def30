"""Finished experiments side by side: tables over arms, views and seeds, curves over a setting, two selections, one report."""

from rdpd_core.experiments.compared.entry import Entry, labels
from rdpd_core.experiments.compared.selection import Selection
from rdpd_core.experiments.compared.table import Line, Table, table_of

__all__ = ["Entry", "Line", "Selection", "Table", "labels", "table_of"]
