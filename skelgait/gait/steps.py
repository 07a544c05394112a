"""Steps: from a contact of one foot to the next contact, of the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.gait.medians import middle

# Half a stride of 0.4-2.5 s.
SHORTEST_STEP_S, LONGEST_STEP_S = 0.2, 1.25
# A stride this many times longer (or shorter) than the median of the walk hides a contact (or has one too many).
LONG, SHORT = 1.6, 0.6


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of one walk, in order of time: from a contact of one foot to the next contact, of the other.

    Parameters
    ----------
    side : (N,) str
        The foot that lands at the end: the side the step belongs to.
    bout : (N,) int
        Number of the walking bout.
    start_s, stop_s : (N,) seconds
        The two contacts.
    first, then : (N,) int
        The two contacts as places among all contacts in order of time.
    """

    side: np.ndarray
    bout: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray
    first: np.ndarray
    then: np.ndarray

    def __post_init__(self) -> None:
        for name in ("side", "bout", "start_s", "stop_s", "first", "then"):
            array = np.array(getattr(self, name))
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def duration_s(self) -> np.ndarray:
        """Step times, (N,) seconds."""
        return self.stop_s - self.start_s


def find_steps(events: GaitEvents, *, min_s: float = SHORTEST_STEP_S, max_s: float = LONGEST_STEP_S) -> Steps:
    """Pair each contact with the contact of the other foot that follows it.

    Parameters
    ----------
    events : GaitEvents
        Foot-offs in it are not looked at.
    min_s, max_s : float, seconds
        Shortest and longest step believed.

    Returns
    -------
    Steps
        Possibly empty. Two contacts of one foot in a row (one of the other was missed) make no step.

    Examples
    --------
    >>> events = GaitEvents(["left", "right", "right"], ["initial_contact"] * 3, [0.0, 0.5, 1.5], frame=[0, 30, 90])
    >>> steps = find_steps(events)
    >>> steps.side.tolist(), steps.duration_s.tolist()
    (['right'], [0.5])
    """
    contact = events.where(event="initial_contact")
    side, time, bout = events.side[contact], events.time_s[contact], events.bout[contact]
    lasts = time[1:] - time[:-1]
    good = np.flatnonzero((side[1:] != side[:-1]) & (bout[1:] == bout[:-1]) & (lasts >= min_s) & (lasts <= max_s))
    return Steps(side[good + 1], bout[good], time[good], time[good + 1], good, good + 1)


def why_no_steps(events: GaitEvents) -> str:
    """Why contacts make no step although both feet land by turns: each takes too long. Empty where that is not so.

    Parameters
    ----------
    events : GaitEvents

    Returns
    -------
    str

    Examples
    --------
    >>> why_no_steps(GaitEvents(["left", "right"], ["initial_contact"] * 2, [0.0, 1.4], frame=[0, 84]))
    'a step takes 1.4 s, and more than 1.25 s is not taken for a step: a walk so slow cannot be told from standing and stepping'
    """
    slow = find_steps(events, max_s=math.inf).duration_s
    if not len(slow) or slow.min() <= LONGEST_STEP_S:
        return ""
    return (
        f"a step takes {middle(slow):.1f} s, and more than {LONGEST_STEP_S:g} s is not taken for a step: a walk so slow cannot be "
        "told from standing and stepping"
    )


def believable(duration_s: np.ndarray) -> np.ndarray:
    """Which strides (or steps) last about as long as the others do.

    Parameters
    ----------
    duration_s : (N,) seconds

    Returns
    -------
    (N,) bool
        False where it is over 1.6 times or under 0.6 times the median: a contact was missed there, or invented.

    Examples
    --------
    >>> believable(np.array([1.0, 1.1, 2.0, 0.9])).tolist()
    [True, True, False, True]
    """
    usual = middle(duration_s)
    return (duration_s <= LONG * usual) & (duration_s >= SHORT * usual)
