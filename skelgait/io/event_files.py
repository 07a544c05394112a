"""Write gait events: as a table, or into a copy of the C3D they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.events import GaitEvents
from skelgait.io.atomic import new_file
from skelgait.io.c3d import frame_rate, open_c3d, parameter
from skelgait.io.c3d_layout import check_layout

# The words laboratory programs read (c3d.org, Vicon Nexus, Mokka).
LABELS = {"initial_contact": "Foot Strike", "foot_off": "Foot Off"}
CONTEXTS = {"left": "Left", "right": "Right"}
ICONS = {"Foot Strike": 1, "Foot Off": 2}  # as Vicon draws them; 0 is a plain event
MOST = 255  # entries a C3D parameter can hold


def write_events(events: GaitEvents, path: str | Path, *, into: str | Path | None = None) -> None:
    """Write foot contacts and foot-offs as a table, or into a copy of a C3D recording.

    Parameters
    ----------
    events : GaitEvents
        Times in seconds from the first frame of the recording.
    path : str or Path
        Ends in ``.csv``, or in ``.c3d`` when ``into`` is given. An existing file is replaced, whole or not at all.
    into : str or Path, optional
        The C3D recording to copy. It is never changed.

    Raises
    ------
    FileError
        Another ending; a C3D without ``into``; a copy onto the recording itself; no events, more than a C3D can hold, or events
        outside the recording.
    NotInstalled
        C3D without ezc3d.

    Notes
    -----
    The CSV holds all columns of `GaitEvents.to_frame`. A C3D holds side (``EVENT:CONTEXTS``), kind (``EVENT:LABELS``, Foot Strike
    or Foot Off) and time (``EVENT:TIMES``, minutes and seconds in single precision, counted from the camera's start as the
    format asks); confidence, bout and method are not kept. Left and right events already in the recording are replaced, those of
    no foot (context General) stay. Points, residuals, analog channels and the other parameters are copied; a recording that stores
    points as integers is written in single precision (differences below a micrometre) and loses its camera masks.

    References
    ----------
    The C3D File Format: user guide, the EVENT group. https://www.c3d.org/HTML/Documents/theeventgroup.htm

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.io.events import read_events
    >>> events = GaitEvents(["left", "right"], ["initial_contact"] * 2, [0.5, 1.0], frame=[30, 60])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_events(events, f"{folder}/events.csv")
    ...     read_events(f"{folder}/events.csv").time_s.tolist()
    [0.5, 1.0]
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".csv", ".c3d") or (ending == ".csv" and into is not None):
        raise FileError(
            f"gait events cannot be written to {path.name}",
            found=f"ending {ending or 'none'}" + (" with into=" if into is not None else ""),
            expected=".csv, or .c3d with into= the recording to copy",
        )
    if ending == ".csv":
        with new_file(path) as temporary:
            events.to_frame().to_csv(temporary, index=False)
        return
    if into is None:
        raise FileError(
            f"{path.name} needs a recording to put the events into", do="give into= the C3D the events belong to, or write a .csv"
        )
    _write_c3d(events, path, Path(into))


def _write_c3d(events: GaitEvents, path: Path, recording: Path) -> None:
    if not recording.is_file():
        raise FileError(f"there is no file {recording}", do="check the name given as into=")
    if path.exists() and path.samefile(recording):
        raise FileError(f"{path.name} is the recording itself", do="choose another name: the recording is never changed")
    file = open_c3d(recording)
    rate = frame_rate(file)
    frames = file["data"]["points"].shape[2]
    if rate is None or not frames:
        raise FileError(f"{recording.name} has no frames or no frame rate", do="choose the recording the events were found in")
    if not len(events):
        raise FileError(f"there are no gait events to write into {recording.name}", do="detect them, or read them from a table")
    outside = events.time_s[(events.time_s < -0.5 / rate) | (events.time_s > (frames + 0.5) / rate)]
    if len(outside):
        raise FileError(
            f"{len(outside)} gait events lie outside {recording.name}",
            found=f"{outside[0]:.3f} s",
            expected=f"0 to {frames / rate:.3f} s, counted from its first frame",
            do="choose the recording the events were found in",
        )
    rows = _other_events(file)
    start = file["header"]["points"]["first_frame"] / rate
    rows += [
        (CONTEXTS[side], LABELS[event], float(time) + start)
        for side, event, time in zip(events.side.tolist(), events.event.tolist(), events.time_s, strict=True)
    ]
    if len(rows) > MOST:
        raise FileError(f"a C3D holds {MOST} events at most", found=str(len(rows)), do="write a .csv, or fewer bouts")
    rows.sort(key=lambda row: row[2])
    contexts, labels, times = zip(*rows, strict=True)
    minutes, seconds = np.divmod(np.array(times), 60.0)
    subjects = parameter(file, "SUBJECTS", "NAMES", []) or [""]
    group = file["parameters"].get("EVENT", {})
    for name in [name for name in group if name not in ("__METADATA__", "USED")]:
        del group[name]
    file.add_parameter("EVENT", "USED", [len(rows)])
    file.add_parameter("EVENT", "CONTEXTS", list(contexts))
    file.add_parameter("EVENT", "LABELS", list(labels))
    file.add_parameter("EVENT", "DESCRIPTIONS", [""] * len(rows))
    file.add_parameter("EVENT", "TIMES", np.stack([minutes, seconds]))
    file.add_parameter("EVENT", "SUBJECTS", [str(subjects[0])] * len(rows))
    file.add_parameter("EVENT", "ICON_IDS", [ICONS.get(label, 0) for label in labels])
    with new_file(path) as temporary:
        file.write(str(temporary))
        check_layout(temporary)  # ezc3d does not tell when the disk is full


def _other_events(file: Any) -> list[tuple[str, str, float]]:
    """(context, label, seconds) of the events that are no foot's."""
    contexts, labels = parameter(file, "EVENT", "CONTEXTS", []), parameter(file, "EVENT", "LABELS", [])
    times = np.asarray(parameter(file, "EVENT", "TIMES", np.zeros((2, 0))), float).reshape(2, -1)
    return [
        (context, label, 60 * minute + second)
        for context, label, (minute, second) in zip(contexts, labels, times.T.tolist(), strict=False)
        if context.strip().lower() not in ("left", "right", "l", "r")
    ]
