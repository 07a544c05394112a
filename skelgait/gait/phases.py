"""The phases of a stride: stance, swing, single and double support, and which of them can be true."""

from __future__ import annotations

import numpy as np

from skelgait.gait.cycles import Strides

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
