"""RDPD Studio's library: distillation from rich to poor physiological recordings."""

import os

# Threads that spin while they wait slow a busy machine down ten to forty times; read once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

__version__ = "0.1.0"
