"""The table of file formats: what is read, what is written, and which module does it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.io.outputs import refuse_output
from skelgait.io.people import People
from skelgait.io.source import Source
from skelgait.io.trial_columns import names_walks


@dataclass(frozen=True)
class Format:
    """One file format.

    Parameters
    ----------
    name : str
    kinds : tuple of str
        Kinds of `Source` it can be.
    extensions : tuple of str
        Usual endings; the content decides, not the ending. The first is the one written.
    reads, writes : bool
    module : str
        Module of `skelgait.io` with ``recognises``, ``read`` and, where it writes, ``write``.
    description : str
    """

    name: str
    kinds: tuple[str, ...]
    extensions: tuple[str, ...]
    reads: bool
    writes: bool
    module: str
    description: str

    def load(self) -> ModuleType:
        """The module, imported."""
        return import_module(f"skelgait.io.{self.module}")


# Asked in this order: the first that recognises the content reads it.
FORMATS = (
    Format("openpose", ("folder", "json"), ("folder", ".json"), True, True, "openpose",
           "OpenPose JSON, a file a frame (BODY_25, COCO-18); also of Sports2D, Pose2Sim and AlphaPose (--format open, cmu)"),
    Format("mmpose", ("folder", "json"), (".json", "folder"), True, False, "mmpose_json",
           "MMPose, Sapiens and RTMLib prediction JSON (COCO-17, HALPE-26, WholeBody-133), a file a recording or a frame"),
    Format("alphapose", ("json",), (".json",), True, False, "alphapose",
           "AlphaPose and COCO result JSON, with or without tracking"),
    Format("deeplabcut", ("table", "hdf5"), (".csv", ".h5"), True, False, "deeplabcut",
           "DeepLabCut predictions, one or several individuals"),
    Format("sleap", ("table", "hdf5"), (".csv", ".h5"), True, False, "sleap",
           "SLEAP analysis export"),
    Format("tidy", ("table",), (".csv",), True, True, "tidy",
           "Tidy CSV, one row a frame and keypoint; skelgait's own keeps everything"),
    Format("parquet", ("parquet",), (".parquet",), True, True, "parquet",
           "Tidy Parquet: the columns of tidy CSV (needs pyarrow); skelgait's own keeps everything"),
    Format("mediapipe", ("table", "npz", "npy"), (".csv", ".npz", ".npy"), True, False, "mediapipe_landmarks",
           "MediaPipe landmarks, arrays (frames, 33, 2 to 5) or (frames, 132); any table with x and y columns a keypoint"),
    Format("npz", ("npz",), (".npz",), True, True, "npz",
           "skelgait's own NPZ, which keeps everything; any NPZ with keypoints, names and fps"),
    Format("pickle", ("pickle",), (".pkl", ".pickle"), True, False, "pickles",
           "OpenGait pose and PySKL annotation pickles, read without running them"),
    Format("trc", ("trc",), (".trc",), True, True, "trc",
           "TRC markers: planar (Sports2D) as they are, 3D projected onto a plane of the walk"),
    Format("c3d", ("c3d",), (".c3d",), True, False, "c3d",
           "C3D motion capture: joint centres and markers projected onto a plane of the walk; its events with read_events"),
)  # fmt: skip


def find_format(source: Source) -> Format:
    """The format of what was opened, by its content.

    Raises
    ------
    FileError
        None of them.
    """
    for one in FORMATS:
        if one.reads and source.kind in one.kinds and one.load().recognises(source):
            return one
    refuse_output(source, "a recording")
    if source.kind == "table" and names_walks(source.content[0]):
        raise FileError(
            f"{source.name} is a table of walks, where one recording is wanted",
            found=_glimpse(source),
            do="give it to `skelgait cohort` or `skelgait describe`, in Python to sg.read_trials; or give one of its recordings",
        )
    raise FileError(
        f"{source.name} is of no format skelgait reads",
        found=_glimpse(source),
        expected=", ".join(one.name for one in FORMATS if source.kind in one.kinds),
        do="see `skelgait formats`"
        + ("; a CSV needs the columns frame, keypoint, x, y" if source.kind == "table" else "; export keypoints, frame by frame"),
    )


def read_source(source: Source, *, view: str | None = None) -> People | PoseSequence:
    """What a source holds, by the reader of its format.

    Raises
    ------
    FileError
        Of no known format, not what its format demands, or damaged in a way the reader did not foresee.
    """
    one = find_format(source)
    try:
        return one.load().read(source, view=view)
    except (SkelgaitError, MemoryError):
        raise
    except Exception as error:  # a damaged file can break anything; the cause stays attached
        raise FileError(
            f"{source.name} is damaged, or an unusual {one.name} file",
            found=f"{type(error).__name__}: {str(error).splitlines()[0][:100] if str(error) else ''}",
            expected=one.description,
            do="export it again, or as a tidy CSV",
        ) from error


def _glimpse(source: Source) -> str:
    """What is in it, in a few words."""
    if source.kind == "table":
        header = source.content[0]
        return f"columns {', '.join(header[:8])}{', ...' if len(header) > 8 else ''}"
    if source.kind == "npz":
        return f"arrays {', '.join(source.content[:8])}"
    content = source.content[0] if source.kind == "folder" and source.content else source.content
    if isinstance(content, dict):
        return f"a JSON object with {', '.join(map(str, list(content)[:6])) or 'nothing in it'}"
    if isinstance(content, list):
        return f"a JSON list of {len(content)}" + (f", first {str(content[0])[:50]}" if content else "")
    return source.kind


def find_writer(path: Path) -> Format:
    """The format in which a path is written, by its ending; no ending means an OpenPose folder.

    Raises
    ------
    FileError
        No format with that ending is written.
    """
    suffix = path.suffix.lower() or "folder"
    for one in FORMATS:
        if one.writes and suffix == one.extensions[0]:
            return one
    raise FileError(
        f"a pose cannot be written as {path.name}",
        expected=", ".join(f"{one.extensions[0]} ({one.name})" for one in FORMATS if one.writes),
        do="choose one of these endings; a path without an ending becomes an OpenPose folder",
    )
