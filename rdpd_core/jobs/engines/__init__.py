"""What runs workers: this machine, or a cluster. One file, one engine: it starts workers, sees if they live, and kills them."""

from rdpd_core.jobs.engines.base import ENGINES, Engine, Seen
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["ENGINES", "Engine", "Seen"]
