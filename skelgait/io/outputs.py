"""Tables and documents that skelgait itself wrote, recognised so that somebody who gives one back is told what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skelgait.core.errors import FileError
from skelgait.io.source import Source
from skelgait.io.trial_columns import FILES

# columns (or keys) that only this output has together -> what it is; the first that fits
OUTPUTS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(columns.split()), what)
    for columns, what in (
        ("row walk subject measured", "the walks of a cohort, measured"),
        ("row walk descriptor value", "the numbers of a cohort"),
        ("rows subject visit evgs", "the visits of a cohort, scored"),
        ("row subject stage problem", "the failures of a cohort"),
        ("row walk subject_name", "who is who in a cohort"),
        ("table column unit definition", "what the columns of a cohort mean"),
        ("trial descriptor value reason", "what each measured number rests on"),
        ("subject cadence_spm", "measured numbers, one row a walk"),
        ("side cycle percent", "joint angles over the gait cycle"),
        ("side event time_s", "foot contacts and foot-offs"),
        ("side bout start_s stop_s", "strides"),
        ("start_frame stop_frame start_s stop_s", "frames in which left and right were exchanged"),
        ("time_s left_knee_flexion_deg", "joint angles"),
        ("side item score", "an Edinburgh Visual Gait Score"),
        ("side pattern present", "gait patterns"),
        ("side valgus_deg alignment", "the alignment of the knees"),
        ("file sha256", "the list of files that skelgait wrote"),
        ("metric value low high", "the scores of a model"),
        ("trial subject answer", "the answers of a model"),
        ("head frames frame boxes", "silhouettes of a walk"),
        ("skelgait libraries settings walks", "what is said about a run of a cohort"),
    )
)


def name_output(columns: Iterable[Any]) -> str:
    """What a table with these columns (or a document with these keys) is, where skelgait wrote it; else nothing.

    Examples
    --------
    >>> name_output(["trial", "subject", "cadence_spm"]), name_output(["frame", "keypoint", "x", "y"])
    ('measured numbers, one row a walk', '')
    """
    given = {str(column).strip() for column in columns}
    return next((what for needed, what in OUTPUTS if needed <= given), "")


def refuse_output(source: Source, wanted: str) -> None:
    """Refuse what skelgait wrote where its input is wanted, and say what to give instead.

    Parameters
    ----------
    source : Source
    wanted : str
        ``"a recording"`` or ``"a table of walks"``.

    Raises
    ------
    FileError
        It is an output.
    """
    named = isinstance(source.content, dict) or source.kind == "npz"
    columns = source.content[0] if source.kind == "table" else source.content if named else ()
    what = name_output(columns)
    if not what or set(FILES) & {str(column).strip() for column in columns}:  # a table that names files is one of walks
        return
    pose = source.path.parent / "pose.npz"
    beside = f"; its keypoints are in {pose}" if pose.is_file() else ""
    raise FileError(
        f"{source.name} is what skelgait wrote ({what}), not {wanted}",
        do=f"give what it was measured from: a video, a keypoint file, or a table that lists some{beside}",
    )
