"""Trials that break jobs on purpose, and count what was lost: `python -m rdpd_core.jobs.chaos`."""

from rdpd_core.jobs.chaos.trial import Trial

__all__ = ["Trial"]
