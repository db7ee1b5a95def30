"""Pure functions on tensors: what a student is asked to match."""

from rdpd_core.losses.imitation import attention_divergence, combined_label, label_loss, soft_target

__all__ = ["attention_divergence", "combined_label", "label_loss", "soft_target"]
