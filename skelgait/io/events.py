"""Read gait events: of a C3D, or of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.events import GaitEvents
from skelgait.io.c3d import frame_rate, open_c3d, parameter
from skelgait.io.source import Source, open_source
from skelgait.io.table import CLOCKS, FRAMES, read_table

# What laboratories call the two events, in lower case without separators. A leading m (measured on a plate) or e (estimated from
# the markers) is the habit of one public set; an estimate is half believed.
EVENT_WORDS = {
    **dict.fromkeys(
        ("footstrike", "fs", "ic", "initialcontact", "heelstrike", "hs", "footcontact", "fc", "touchdown", "td", "mfs", "efs"),
        "initial_contact",
    ),
    **dict.fromkeys(("footoff", "fo", "to", "toeoff", "footup", "mfo", "efo"), "foot_off"),
}
SIDE_WORDS = {"left": "left", "l": "left", "right": "right", "r": "right"}
ESTIMATED = ("efs", "efo")


def read_events(path: str | Path, fps: float | None = None) -> GaitEvents:
    r"""Read foot contacts and foot-offs of a walk.

    Parameters
    ----------
    path : str or Path
        A C3D with an EVENT group, or a table with columns ``side`` (left, right, L, R), ``event`` (initial_contact, foot_off,
        IC, TO, Foot Strike, ...) and ``time_s`` or ``frame``.
    fps : float, frames per second, optional
        Needed for a table that only counts frames.

    Returns
    -------
    GaitEvents
        Times count from the first frame of the recording. Events of no foot (context General) are left out. Of two equal events
        within a frame the first is kept.

    Raises
    ------
    FileError
        No such file, no events in it, or columns and words that are not understood.
    NotInstalled
        C3D without ezc3d.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "events.csv").write_text("side,event,frame\nL,IC,30\nR,TO,36\n")
    ...     read_events(f"{folder}/events.csv", fps=60).time_s.tolist()
    [0.5, 0.6]
    """
    source = open_source(path)
    if source.kind == "c3d":
        return _read_c3d(source)
    if source.kind == "table":
        return _read_table(source, fps)
    raise FileError(
        f"{source.name} holds no gait events in a form known",
        found=source.kind,
        expected="a C3D, or a CSV with side, event and time_s",
    )


def _word(text: object) -> str:
    return "".join(c for c in str(text).lower() if c.isalnum())


def _read_c3d(source: Source) -> GaitEvents:
    file = open_c3d(source.path)
    labels, contexts = parameter(file, "EVENT", "LABELS", []), parameter(file, "EVENT", "CONTEXTS", [])
    times = np.asarray(parameter(file, "EVENT", "TIMES", np.zeros((2, 0))), float)
    rate = frame_rate(file)
    if not len(labels) or times.size == 0 or rate is None:
        raise FileError(
            f"{source.name} holds no gait events", do="mark foot strikes and foot-offs in the laboratory's program, or detect them"
        )
    minutes, seconds = times.reshape(2, -1)[:, : len(labels)]
    start = file["header"]["points"]["first_frame"] / rate
    time_s = minutes * 60 + seconds - start
    return _events([_word(label) for label in labels], [_word(context) for context in contexts], time_s, rate, source.name)


def _events(words: list[str], sides: list[str], time_s: np.ndarray, rate: float, where: str) -> GaitEvents:
    """Events in our words; what is no event of a foot is left out."""
    keep = [i for i, (word, side) in enumerate(zip(words, sides, strict=False)) if word in EVENT_WORDS and side in SIDE_WORDS]
    if not keep:
        raise FileError(
            f"{where} holds no foot contact or foot-off",
            found=", ".join(sorted({f"{s} {w}" for s, w in zip(sides, words, strict=False)})[:8]) or "nothing",
            expected="initial_contact (Foot Strike) and foot_off (Foot Off), left or right",
            do="name the events so, or export those of the feet",
        )
    order = sorted(keep, key=lambda i: (SIDE_WORDS[sides[i]], EVENT_WORDS[words[i]], words[i] in ESTIMATED, time_s[i]))
    kept: list[int] = []
    for i in order:
        same = [j for j in kept if SIDE_WORDS[sides[j]] == SIDE_WORDS[sides[i]] and EVENT_WORDS[words[j]] == EVENT_WORDS[words[i]]]
        if not any(abs(time_s[i] - time_s[j]) < 1 / rate for j in same):
            kept.append(i)
    return GaitEvents(
        np.array([SIDE_WORDS[sides[i]] for i in kept]),
        np.array([EVENT_WORDS[words[i]] for i in kept]),
        time_s[kept],
        time_s[kept] * rate,
        np.array([0.5 if words[i] in ESTIMATED else 1.0 for i in kept]),
        method=f"given in {where}",
    )


def _read_table(source: Source, fps: float | None) -> GaitEvents:
    table, header = read_table(source)
    names = {str(column).lower().strip(): column for column in table.columns}
    side, event = names.get("side") or names.get("context"), names.get("event") or names.get("label")
    clock = next((name for name in CLOCKS if name in names), None)
    counter = next((name for name in FRAMES if name in names), None)
    rate = fps or header.get("fps")
    if side is None or event is None or (clock is None and counter is None):
        raise FileError(
            f"{source.name} is no table of gait events",
            found=", ".join(map(str, table.columns)),
            expected="side, event and time_s (or frame)",
        )
    if clock is None and rate is None:
        raise FileError(f"{source.name} counts frames and does not say the frame rate", do="give it, for example fps=60")
    sides = [SIDE_WORDS.get(_word(value)) for value in table[side]]
    kinds = [EVENT_WORDS.get(_word(value)) for value in table[event]]
    odd = [
        f"row {i + 2}: {s}, {e}"
        for i, (s, e) in enumerate(zip(table[side], table[event], strict=True))
        if not (sides[i] and kinds[i])
    ]
    if odd:
        raise FileError(
            f"{source.name} has events that are not understood",
            found="; ".join(odd[:5]),
            expected="left or right (L, R), and initial_contact or foot_off (IC, TO, Foot Strike, Foot Off)",
        )
    out = table.rename(columns={side: "side", event: "event", **({names[counter]: "frame"} if counter else {})})
    out["side"], out["event"] = sides, kinds
    try:
        if clock is not None:
            out["time_s"] = out[names[clock]].astype(float) * CLOCKS[clock]
        else:
            out["time_s"] = out["frame"].astype(float) / float(rate)  # type: ignore[arg-type]
        if counter is None:
            out["frame"] = out["time_s"] * (rate or np.nan)
        lower = {name: names[name] for name in ("confidence", "bout") if name in names}
        return GaitEvents.from_frame(
            out.rename(columns={v: k for k, v in lower.items()}), fps=rate, method=f"given in {source.name}"
        )
    except (TypeError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"a time of {source.name} is not a number", found=str(error)[:100], expected="seconds or frames") from None
