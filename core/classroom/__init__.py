"""What a teacher gives a class: a link that holds settings, leaves parts out and says the task."""

from core.classroom.links import FREE, PARTS, ClassLink, ClassPage, Limits, code, joined, takes_limits

__all__ = ["FREE", "PARTS", "ClassLink", "ClassPage", "Limits", "code", "joined", "takes_limits"]
