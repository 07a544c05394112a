"""What a clinician reads: figures, overlay video, one page a walk."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """Lets ``sg.report`` be called although this room has its name: whichever is imported first, both work."""

    def __call__(self, trial: Any, to: str | Path, *, norms: Any = None, measurement: Any = None) -> Path:
        """Write one self-contained HTML page about a walk; see `skelgait.report.page.report`."""
        from skelgait.report.page import report

        return report(trial, to, norms=norms, measurement=measurement)


sys.modules[__name__].__class__ = _Room
