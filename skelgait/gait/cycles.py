"""Strides, and the curves of each stride stretched to 0-100 % of the gait cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.skeleton import SIDES

if TYPE_CHECKING:
    import pandas as pd

# A stride at 200 steps/min lasts 0.6 s and a very slow walker's 2 s; outside 0.4-2.5 s a contact was missed or invented.
SHORTEST_S, LONGEST_S = 0.4, 2.5
_COLUMNS = {"side": np.dtype("U5"), "bout": np.dtype(int)} | dict.fromkeys(
    ("start_s", "stop_s", "foot_off_s", "opposite_foot_off_s", "opposite_contact_s"), np.dtype(float)
)


@dataclass(frozen=True, eq=False)
class Strides:
    """Strides of one walk, one row each: from a foot's contact to its next; left strides first, then by time.

    Parameters
    ----------
    side : (N,) str
        The foot that begins and ends the stride.
    bout : (N,) int
        Number of the walking bout (straight stretch) it lies in.
    start_s, stop_s : (N,) seconds
        The two contacts of that foot.
    foot_off_s : (N,) seconds
        When that foot leaves the ground; NaN where it was not found.
    opposite_foot_off_s, opposite_contact_s : (N,) seconds
        When the other foot leaves and meets the ground within the stride; NaN where not found.

    Examples
    --------
    >>> import numpy as np
    >>> one = Strides(["left"], [0], *np.array([[1.0], [2.0], [1.6], [1.1], [1.5]]))
    >>> len(one), one.duration_s, one.percent("foot_off").round(1)
    (1, array([1.]), array([60.]))
    """

    side: np.ndarray
    bout: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray
    foot_off_s: np.ndarray
    opposite_foot_off_s: np.ndarray
    opposite_contact_s: np.ndarray

    def __post_init__(self) -> None:
        for name, kind in _COLUMNS.items():
            array = np.array(getattr(self, name), dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.start_s)

    def __repr__(self) -> str:
        left = int((self.side == "left").sum())
        return f"Strides({left} left, {len(self) - left} right)"

    @property
    def duration_s(self) -> np.ndarray:
        """Stride times, (N,) seconds."""
        return self.stop_s - self.start_s

    def percent(self, event: str) -> np.ndarray:
        """When ``foot_off``, ``opposite_foot_off`` or ``opposite_contact`` happens, (N,) percent of the cycle."""
        return 100 * (getattr(self, f"{event}_s") - self.start_s) / self.duration_s

    def select(self, keep: np.ndarray) -> Strides:
        """The strides where ``keep``, (N,) bool, is True."""
        return Strides(*(getattr(self, name)[keep] for name in _COLUMNS))

    def to_frame(self) -> pd.DataFrame:
        """One row a stride: the fields, ``duration_s`` and the three events in percent of the cycle."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in _COLUMNS}
        shares = {f"{e}_percent": self.percent(e) for e in ("foot_off", "opposite_foot_off", "opposite_contact")}
        return pd.DataFrame({**columns, "duration_s": self.duration_s, **shares})


def find_strides(events: GaitEvents, *, min_s: float = SHORTEST_S, max_s: float = LONGEST_S) -> Strides:
    """Pair the contacts of each foot into strides.

    Parameters
    ----------
    events : GaitEvents
        Contacts and foot-offs.
    min_s, max_s : float, seconds
        Shortest and longest stride believed.

    Returns
    -------
    Strides
        Possibly empty. The foot-off and the other foot's events are NaN where they were not found.

    Notes
    -----
    A stride lies within one bout. Two contacts of a foot between which the other foot lands twice, or that foot
    leaves the ground twice, are two strides with a missed contact (or a chattering force plate): neither is kept.

    Examples
    --------
    >>> events = GaitEvents(["left", "right", "left"], ["initial_contact"] * 3, [0.0, 0.5, 1.0], frame=[0, 30, 60])
    >>> strides = find_strides(events)
    >>> strides, strides.percent("opposite_contact")
    (Strides(1 left, 0 right), array([50.]))
    """
    if not isinstance(events, GaitEvents):
        raise SkelgaitError("strides are made of events", found=type(events).__name__, do="find them with sg.detect_events(pose)")
    left, lands = events.where("left"), events.where(event="initial_contact")
    feet, kinds = {"left": left, "right": ~left}, {"initial_contact": lands, "foot_off": ~lands}
    own = {(side, event): foot & kind for side, foot in feet.items() for event, kind in kinds.items()}
    times = {key: (events.time_s[one], events.bout[one]) for key, one in own.items()}
    parts = []
    for side, other in zip(SIDES, SIDES[::-1], strict=True):
        contact, bout = times[side, "initial_contact"]
        start, stop, bouts = contact[:-1], contact[1:], bout[:-1]
        lasts = stop - start
        keep = (bouts == bout[1:]) & (lasts >= min_s) & (lasts <= max_s)
        inside = []
        for key in ((side, "foot_off"), (other, "foot_off"), (other, "initial_contact")):
            t, b = times[key]
            first, end = t.searchsorted(start, "right"), t.searchsorted(stop, "left")
            if key != (other, "foot_off"):
                keep &= end - first <= 1
            at = np.minimum(first, max(len(t) - 1, 0))
            found = (first < end) & (b[at] == bouts) if len(t) else np.zeros(len(start), bool)
            inside.append(np.where(found, t[at], np.nan) if len(t) else np.full(len(start), np.nan))
        parts.append((np.full(int(keep.sum()), side), *(a[keep] for a in (bouts, start, stop, *inside))))
    return Strides(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def share_between(events: GaitEvents, side: str, first: str, then: str, time_s: np.ndarray) -> np.ndarray:
    """How far each frame lies between one event of a foot and its next, when that next one is of the kind named.

    Parameters
    ----------
    events : GaitEvents
    side : str
        The foot.
    first, then : str
        ``"initial_contact"`` then ``"foot_off"`` is its stance, the other way round its swing.
    time_s : (T,) seconds

    Returns
    -------
    (T,) 0..1
        0 at the first event; NaN outside, across bouts, and where the two are more than 2.5 s apart.

    Examples
    --------
    >>> import numpy as np
    >>> events = GaitEvents(["left"] * 2, ["initial_contact", "foot_off"], [1.0, 3.0], frame=[1, 3])
    >>> share_between(events, "left", "initial_contact", "foot_off", np.arange(5.0))
    array([nan, 0. , 0.5, nan, nan])
    """
    own = events.where(side)
    t, kind, bout = events.time_s[own], events.event[own], events.bout[own]
    if len(t) < 2:
        return np.full(len(time_s), np.nan)
    good = (kind[:-1] == first) & (kind[1:] == then) & (bout[:-1] == bout[1:])
    return share_of_intervals(t, good, time_s)


def share_of_intervals(edges: np.ndarray, good: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """How far each frame lies within its interval, (T,) 0..1; NaN outside the ``good`` (N - 1,) ones of N increasing edges."""
    at = edges.searchsorted(time_s, "right") - 1
    inside = (at >= 0) & (at < len(good))
    at = np.minimum(np.maximum(at, 0), len(good) - 1)
    lasts = edges[1:] - edges[:-1]
    usable = good & (lasts > 0) & (lasts <= LONGEST_S)
    share = (time_s - edges[at]) / np.where(usable, lasts, np.nan)[at]
    return np.where(inside, share, np.nan)


def resample_cycles(values: np.ndarray, time_s: np.ndarray, start: np.ndarray, stop: np.ndarray, points: int = 101) -> np.ndarray:
    """Stretch stretches of a recording to the same number of samples, by linear interpolation.

    Parameters
    ----------
    values : (T, C)
        Curves over time.
    time_s : (T,) seconds, increasing
    start, stop : (N,) seconds
        First and last moment of each stretch; need not fall on a frame.
    points : int
        Samples of each stretch, the first and last on ``start`` and ``stop``.

    Returns
    -------
    (N, points, C)
        NaN wherever one of the two frames beside a sample is NaN, and outside the recording.

    Examples
    --------
    >>> import numpy as np
    >>> resample_cycles(np.arange(5.0)[:, None], np.arange(5.0), [0.5], [2.5], 3)[0, :, 0]
    array([0.5, 1.5, 2.5])
    """
    values, time_s = np.asarray(values, float), np.asarray(time_s, float)
    start, stop = np.asarray(start, float)[:, None], np.asarray(stop, float)[:, None]
    t = start + (stop - start) * np.linspace(0, 1, points)
    last = len(time_s) - 1
    before = np.clip(np.searchsorted(time_s, t, "right") - 1, 0, last)
    after = np.minimum(before + 1, last)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(after > before, (t - time_s[before]) / (time_s[after] - time_s[before]), 0.0)
    # A sample on a frame is that frame, whatever is missing beside it.
    on_before, on_after = np.abs(share) < 1e-6, np.abs(share - 1) < 1e-6
    before, after = np.where(on_after, after, before), np.where(on_before, before, after)
    low = values[before]
    out = low + share[..., None] * (values[after] - low)
    tiny = 1e-6 / max(1.0, last) * (time_s[-1] - time_s[0])
    out[(t < time_s[0] - tiny) | (t > time_s[-1] + tiny) | ~np.isfinite(t)] = np.nan
    return out


def stack_cycles(
    angles: Mapping[str, np.ndarray], time_s: np.ndarray, strides: Strides, *, points: int = 101
) -> tuple[tuple[str, ...], np.ndarray]:
    """Cut the curves of each stride's own side, and those of no side, into cycles.

    Parameters
    ----------
    angles : mapping of name to (T,)
        Curves; ``left_`` and ``right_`` lead the names of those that belong to a side.
    time_s : (T,) seconds
    strides : Strides
    points : int
        Samples of a cycle.

    Returns
    -------
    names : tuple of str, length C
        Names without their side: ``knee_flexion_deg``, ..., ``trunk_lean_deg``.
    cycles : (N, points, C)
        In the order of ``strides``. NaN where a curve is missing.

    Examples
    --------
    >>> import numpy as np
    >>> one = Strides(["left"], [0], [0.0], [1.0], [np.nan], [np.nan], [np.nan])
    >>> names, cycles = stack_cycles({"left_knee_flexion_deg": np.arange(5.0)}, np.arange(5) / 4, one, points=5)
    >>> names, cycles[0, :, 0]
    (('knee_flexion_deg',), array([0., 1., 2., 3., 4.]))
    """
    bare = {name: name.removeprefix("left_").removeprefix("right_") for name in angles}
    names = tuple(dict.fromkeys(bare.values()))
    missing = np.full(len(time_s), np.nan)
    cycles = np.empty((len(strides), points, len(names)))
    for side in SIDES:
        own = strides.side == side
        if own.any():
            curves = [angles.get(f"{side}_{name}", angles.get(name, missing)) for name in names]
            cycles[own] = resample_cycles(
                np.column_stack(curves) if curves else np.empty((len(time_s), 0)),
                time_s,
                strides.start_s[own],
                strides.stop_s[own],
                points,
            )
    return names, cycles


def cut_cycles(angles: pd.DataFrame, events: GaitEvents | Strides, *, points: int = 101) -> pd.DataFrame:
    """Cut angle curves into gait cycles of 0-100 %, one a stride of either side.

    Parameters
    ----------
    angles : DataFrame indexed by ``time_s``
        As `joint_angles` gives it: ``left_...``, ``right_...`` and columns of no side.
    events : GaitEvents or Strides
        On the same clock. Strides are found with `find_strides`.
    points : int
        Samples of a cycle; 101 gives whole percents.

    Returns
    -------
    DataFrame
        Rows (``side``, ``cycle``, ``percent``), left first; ``cycle`` counts from 0 within a side. Columns lose their
        side: a row of a left stride holds the left leg. Columns of no side keep their name and are in both.

    Raises
    ------
    SkelgaitError
        The table has no rows or fewer than 2 points are asked for.

    Notes
    -----
    A cycle with a gap is kept, with NaN in the gap: whoever averages decides. Strides outside 0.4-2.5 s and across
    a turn are left out (see `find_strides`). No stride gives an empty table with the same columns.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> events = GaitEvents(["left", "left"], ["initial_contact"] * 2, [0.0, 1.0], frame=[0, 4])
    >>> angles = pd.DataFrame({"left_knee_flexion_deg": np.arange(5.0)}, index=pd.Index(np.arange(5) / 4, name="time_s"))
    >>> cut_cycles(angles, events, points=3)["knee_flexion_deg"].tolist()
    [0.0, 2.0, 4.0]
    """
    import pandas as pd

    if len(angles) == 0:
        raise SkelgaitError("cut_cycles: the table of angles has no rows", do="pass what joint_angles(pose) returned")
    if points < 2:
        raise SkelgaitError("cut_cycles: a cycle needs at least its two ends", found=f"points={points}", expected="2 or more")
    strides = events if isinstance(events, Strides) else find_strides(events)
    columns = {str(name): angles[name].to_numpy(float) for name in angles.columns}
    names, cycles = stack_cycles(columns, angles.index.to_numpy(float), strides, points=points)
    left = strides.side == "left"
    number = np.where(left, np.cumsum(left), np.cumsum(~left)) - 1
    index = pd.MultiIndex.from_arrays(
        [
            np.repeat(strides.side.astype(object), points),
            np.repeat(number, points),
            np.tile(np.linspace(0, 100, points), len(strides)),
        ],
        names=["side", "cycle", "percent"],
    )
    return pd.DataFrame(cycles.reshape(-1, len(names)), index=index, columns=list(names))
