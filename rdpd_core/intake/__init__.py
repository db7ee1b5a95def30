"""Own recordings: files of unknown origin are looked at, mapped and checked, and become a data set like any other."""
