"""RDPD Studio's app: pages over the library, and the command that serves them."""
