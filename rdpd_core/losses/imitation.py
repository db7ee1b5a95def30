"""The terms of knowledge distillation and of RDPD, for one batch and one student.

Every function is a mean over the windows of a batch and can be mapped over a cohort; temperatures may be tensors.

References:
    Hinton, Vinyals, Dean. Distilling the Knowledge in a Neural Network. NIPS workshop 2014.
    Hong et al. RDPD: Rich Data Helps Poor Data via Imitation. IJCAI 2019.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rdpd_core.errors import UnknownNameError

SMALLEST = 1e-8
ATTENTION_FORMS = ("student_teacher", "teacher_student", "js")
SOFT_FORMS = ("cross_entropy", "kl")
SOFT_SCALES = ("squared", "one")


def _check_form(kind: str, form: str, known: tuple[str, ...]) -> None:
    if form not in known:
        raise UnknownNameError(kind, form, known)


def _labeled_mean(log_p: Tensor, target: Tensor) -> Tensor:
    """Give minus the mean log-probability of the target; windows without label (-1, or a row of zeros) count as 0."""
    if target.is_floating_point():
        return -(target * log_p).sum() / len(target)
    there = target >= 0
    picked = log_p.gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return -(picked * there).sum() / len(target)


def label_loss(logits: Tensor, target: Tensor, temperature: float | Tensor = 1.0) -> Tensor:
    """Give the cross entropy with the labels at a temperature (RDPD Equations 8 and 11).

    Args:
        logits: (B, K).
        target: (B,), -1 where there is no label: such a window adds 0 and still counts in the mean; or shares of the classes
            (B, K), as mixed windows have them.
        temperature: Divides the logits.
    """
    return _labeled_mean((logits / temperature).log_softmax(-1), target)


def soft_target(
    student: Tensor,
    teacher: Tensor,
    temperature: float | Tensor,
    *,
    form: str = "cross_entropy",
    scale: str = "squared",
    student_temperature: bool = True,
    divisor: int | None = None,
    there: Tensor | None = None,
) -> Tensor:
    """Give the distance between softened predictions of student and teacher (RDPD Equation 12).

    Args:
        student: Logits (B, K).
        teacher: Logits (B, K); no gradient flows to them.
        temperature: Divides both logits.
        form: "cross_entropy", or "kl", which is smaller by the teacher's entropy and has the same gradient.
        scale: "squared" multiplies by temperature^2 and keeps gradients comparable between temperatures; "one" does not.
        student_temperature: False divides only the teacher's logits, as the published code of generalized distillation.
        divisor: What the sum over windows is divided by; None takes B. RDPD's code divides by the configured batch size.
        there: (B,), which windows the teacher was asked about: others add 0 and still count in the mean; None is all.

    Raises:
        UnknownNameError: No such form or scale.
    """
    _check_form("form of soft target", form, SOFT_FORMS)
    _check_form("scale of soft target", scale, SOFT_SCALES)
    log_p = (student / temperature if student_temperature else student).log_softmax(-1)
    log_q = (teacher.detach() / temperature).log_softmax(-1)
    distance = (log_q - log_p) if form == "kl" else -log_p
    total = _asked(log_q.exp() * distance, there) / (divisor or len(student))
    return total * temperature**2 if scale == "squared" else total


def _asked(parts: Tensor, there: Tensor | None) -> Tensor:
    """Give the sum of parts (B, ...) over the windows that the teacher was asked about."""
    return parts.sum() if there is None else torch.where(there, parts.sum(-1), 0.0).sum()


def attention_divergence(
    student: Tensor,
    teacher: Tensor,
    form: str = "student_teacher",
    divisor: int | None = None,
    there: Tensor | None = None,
) -> Tensor:
    """Give the divergence between two attentions over segments, in nats (RDPD Equation 10).

    Args:
        student: (B, S), rows sum to 1.
        teacher: (B, S); no gradient flows to it.
        form: "student_teacher" is KL(student || teacher), the paper's; "teacher_student" the other way round, as in the
            published code; "js" the Jensen-Shannon divergence.
        divisor: What the sum over windows is divided by; None takes B.
        there: As in `soft_target`.

    Raises:
        UnknownNameError: No such form.
    """
    _check_form("form of attention divergence", form, ATTENTION_FORMS)
    a, b = student.clamp(min=SMALLEST), teacher.detach().clamp(min=SMALLEST)
    if form == "student_teacher":
        total = _asked(a * (a.log() - b.log()), there)
    elif form == "teacher_student":
        total = _asked(b * (b.log() - a.log()), there)
    else:
        middle = ((a + b) / 2).log()
        total = (_asked(a * (a.log() - middle), there) + _asked(b * (b.log() - middle), there)) / 2
    return total / (divisor or len(student))


def combined_label(logits: Tensor, target: Tensor, temperature: float | Tensor, w1: Tensor, w2: Tensor, b: Tensor) -> Tensor:
    """Give the cross entropy of a softmax over a learned mixture of hard and softened predictions (RDPD Equations 13, 14).

    A softmax of probabilities cannot be sharp: with w1 + w2 = 1 the value stays above -ln(e / (e + K - 1)), and a scalar `b`
    has no effect at all, since a softmax ignores a constant.

    Args:
        logits: (B, K), of the student.
        target: As in `label_loss`.
        temperature: Softens the second part.
        w1: Scalar, weight of the prediction at temperature 1.
        w2: Scalar, weight of the softened prediction.
        b: Scalar, or (K,).
    """
    mixed = w1 * logits.softmax(-1) + w2 * (logits / temperature).softmax(-1) + b
    return _labeled_mean(torch.log_softmax(mixed, -1), target)
