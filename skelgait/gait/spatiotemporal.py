"""When and how far: steps, stride phases, footprints, and what follows from them. Arrays in, arrays out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.gait.cycles import Strides

GRAVITY_M_S2 = 9.81
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


def middle(values: np.ndarray) -> float:
    """Median of some numbers, without what `numpy.median` spends on being general.

    Parameters
    ----------
    values : (N,)

    Returns
    -------
    float
        NaN without a number.

    Examples
    --------
    >>> middle(np.array([3.0, 1.0, 2.0, 10.0]))
    2.5
    """
    ordered, n = np.sort(values), len(values)
    return 0.5 * float(ordered[(n - 1) // 2] + ordered[n // 2]) if n else np.nan


def column_medians(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median down each column, NaN left out.

    Parameters
    ----------
    values : (N, C)
    count : (C,) int
        How many of each column are not NaN.

    Returns
    -------
    (C,)
        NaN where none is.
    """
    if not len(values):
        return np.full(values.shape[1], np.nan)
    ordered = np.sort(values, axis=0)  # NaN goes last
    each, n = np.arange(values.shape[1]), np.maximum(count, 1)
    return 0.5 * (ordered[(n - 1) // 2, each] + ordered[n // 2, each])


# Stance of a walker in percent of the stride; up to the higher one in slow pathological gait, with a note above the middle one.
LEAST_STANCE, USUAL_STANCE, MOST_STANCE = 45.0, 80.0, 90.0

# Columns of `stride_phases`, in order.
PHASES = (
    "stride_time_s",
    "stance_time_s",
    "swing_time_s",
    "single_support_time_s",
    "double_support_time_s",
    "stance_percent",
    "swing_percent",
    "initial_double_support_percent",
    "terminal_double_support_percent",
    "double_support_percent",
    "single_support_percent",
)


def stride_phases(strides: Strides) -> np.ndarray:
    """Times and shares of the phases of each stride, of the foot that begins it.

    Parameters
    ----------
    strides : Strides

    Returns
    -------
    (N, 11), the columns named by `PHASES`
        NaN where an event is missing, where the four events of the cycle are out of order, and where stance is not
        45-90 % of the stride (nor the other foot's swing 10-55 %): nobody walks so, a foot-off was missed or invented.

    Notes
    -----
    Initial double support runs from the foot's contact to the other foot's off, terminal double support from the other
    foot's contact to this foot's off; double support is their sum *within this stride* (not stance left + stance right
    - 100, which holds only for equal strides). Single support is per limb: from the other foot's off to its contact
    (not 100 - double support). In running, whose stance is below 45 %, nothing but the stride time is given.

    Examples
    --------
    >>> one = Strides(["left"], [0], *np.array([[1.0], [2.0], [1.62], [1.12], [1.5]]))
    >>> dict(zip(PHASES, stride_phases(one)[0].round(2).tolist()))["double_support_percent"]
    24.0
    """
    start, stop, off = strides.start_s, strides.stop_s, strides.foot_off_s
    other_off, other_contact = strides.opposite_foot_off_s, strides.opposite_contact_s
    stride = stop - start
    with np.errstate(invalid="ignore"):
        stance = np.where(plausible_stance(off - start, stride), off - start, np.nan)
    initial, terminal, single = other_off - start, off - other_contact, other_contact - other_off
    with np.errstate(invalid="ignore"):
        disordered = (initial < 0) | (single <= 0) | (terminal < 0)
        disordered |= np.isfinite(single) & ~plausible_stance(stride - single, stride)  # the other foot's swing
    initial, terminal, single = (np.where(disordered, np.nan, x) for x in (initial, terminal, single))
    terminal = np.where(np.isfinite(stance), terminal, np.nan)
    double = initial + terminal
    share = 100 / stride
    columns = np.array(
        [
            stride,
            stance,
            stride - stance,
            single,
            double,
            stance * share,
            100 - stance * share,
            initial * share,
            terminal * share,
            double * share,
            single * share,
        ]
    )
    return columns.T


def plausible_stance(stance_s: np.ndarray, stride_s: np.ndarray) -> np.ndarray:
    """Which stances last 45-90 % of their stride, (N,) bool; False where one is not known.

    Parameters
    ----------
    stance_s, stride_s : (N,) seconds

    Returns
    -------
    (N,) bool

    Notes
    -----
    Healthy walkers stand for 58-64 %, slow and stiff ones for 80 and a few for 90.

    Examples
    --------
    >>> plausible_stance(np.array([0.4, 0.6, 0.95, np.nan]), np.ones(4)).tolist()
    [False, True, False, False]
    """
    share = 100 * stance_s / stride_s
    return (share >= LEAST_STANCE) & (share <= MOST_STANCE)


def cadence_spm(step_time_s: float) -> float:
    """Steps a minute from a mean step time.

    Parameters
    ----------
    step_time_s : float, seconds

    Returns
    -------
    float, steps/min

    Examples
    --------
    >>> cadence_spm(0.5)
    120.0
    """
    return 60 / step_time_s


def dimensionless_speed(speed_m_s: float, leg_length_m: float) -> float:
    """Speed made independent of size: ``v / sqrt(g L)``, the square root of the Froude number.

    Parameters
    ----------
    speed_m_s : float, metres/second
    leg_length_m : float, metres

    Returns
    -------
    float

    References
    ----------
    Hof (1996), Gait Posture 4:222-223, doi:10.1016/0966-6362(95)01057-2.

    Examples
    --------
    >>> round(dimensionless_speed(1.0, 0.5), 3)
    0.452
    """
    return speed_m_s / math.sqrt(GRAVITY_M_S2 * leg_length_m)


def dimensionless_cadence(cadence_spm: float, leg_length_m: float) -> float:
    """Cadence made independent of size: steps a second over ``sqrt(g / L)``.

    Parameters
    ----------
    cadence_spm : float, steps/min
    leg_length_m : float, metres

    Returns
    -------
    float

    References
    ----------
    Hof (1996), Gait Posture 4:222-223, doi:10.1016/0966-6362(95)01057-2.

    Examples
    --------
    >>> round(dimensionless_cadence(150, 0.5), 3)
    0.564
    """
    return cadence_spm / 60 * math.sqrt(leg_length_m / GRAVITY_M_S2)


def dimensionless_time(time_s: float, leg_length_m: float) -> float:
    """A time made independent of size: ``t / sqrt(L / g)``.

    Parameters
    ----------
    time_s : float, seconds
    leg_length_m : float, metres

    Returns
    -------
    float

    References
    ----------
    Hof (1996), Gait Posture 4:222-223, doi:10.1016/0966-6362(95)01057-2.

    Examples
    --------
    >>> round(dimensionless_time(0.8, 0.5), 2)
    3.54
    """
    return time_s / math.sqrt(leg_length_m / GRAVITY_M_S2)


def interval_floor_s(fps: float) -> float:
    """Standard deviation of an interval between two events that are only known to the frame: ``1 / (fps sqrt 6)``.

    Parameters
    ----------
    fps : float, frames/second

    Returns
    -------
    float, seconds

    Notes
    -----
    What the frame rate alone adds to the spread of stride times. Events of `detect_events` are finer than a frame, so
    the true floor lies below; a spread near this number says nothing about the walker.

    Examples
    --------
    >>> round(1000 * interval_floor_s(25), 1)
    16.3
    """
    return 1 / (fps * math.sqrt(6))
