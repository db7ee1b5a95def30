"""RDPD Studio's library: distillation from rich to poor physiological recordings."""

import os

# Threads that spin while they wait slow a busy machine down ten to forty times, threads that sleep at once an idle one by half;
# this many turns are some microseconds. Read once, when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__version__ = "0.1.0"
