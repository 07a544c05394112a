"""What a clinician reads: figures, overlay video, one page a visit."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """Lets ``sg.report`` be called although this room has its name: whichever is imported first, both work."""

    def __call__(
        self,
        trials: Any,
        to: str | Path,
        *,
        norms: Any = None,
        measurement: Any = None,
        faces: bool = False,
        identify: bool = False,
        clips: bool = True,
        language: str = "en",
    ) -> Path:
        """Write one self-contained HTML page about a visit; see `skelgait.report.page.report`."""
        from skelgait.report.page import report

        return report(
            trials, to, norms=norms, measurement=measurement, faces=faces, identify=identify, clips=clips, language=language
        )


sys.modules[__name__].__class__ = _Room
