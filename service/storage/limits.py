"""What one tenant may keep of lexicons, templates and feedback."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeedbackLimits:
    """What one tenant may keep, and for how long."""

    max_count: int
    max_bytes: int
    days: float


@dataclass(frozen=True)
class TemplateLimits:
    """What one tenant may keep."""

    max_bytes: int
    max_pixels: int
    max_count: int


@dataclass(frozen=True)
class LexiconLimits:
    """What one tenant may keep."""

    max_bytes: int
    max_entries: int
    max_count: int
