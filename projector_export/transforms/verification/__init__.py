"""What a model itself says of its tokens: how probable it makes each of them where nothing but that token fits.

Three prompts of the kinds of Land and Bartolo, "Fishing for Magikarp" (EMNLP 2024, arXiv 2405.05417, section 2.3), in words of
our own: an echo, an explanation and a repetition. A token that a model was trained on is repeated with a probability near 1.
"""

from __future__ import annotations

from projector_export.transforms.verification.asking import ask
from projector_export.transforms.verification.model import Source, check_askable

__all__ = ["Source", "ask", "check_askable"]
