"""The clinical questions, as data with their sources: ``skelgait.tasks.GMFCS`` and its like."""

from skelgait.core.task import Task
from skelgait.tasks.questions import CP_PATTERN, EVGS, EVGS_BINARY, GAIT_BINARY, GENU, GENU_BINARY, GMFCS, QUESTIONS, SCOLIOSIS

__all__ = ["CP_PATTERN", "EVGS", "EVGS_BINARY", "GAIT_BINARY", "GENU", "GENU_BINARY", "GMFCS", "QUESTIONS", "SCOLIOSIS", "Task"]
