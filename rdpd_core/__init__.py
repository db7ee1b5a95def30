"""RDPD Studio's library: distillation from rich to poor physiological recordings."""

__version__ = "0.1.0"
