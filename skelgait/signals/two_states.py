"""The cheapest sequence of two states, without a loop over its steps."""

from __future__ import annotations

import numpy as np


def decode(stay: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Cheapest sequence of two states, by an exact dynamic programme without a loop over its steps.

    Parameters
    ----------
    stay : (N - 1,)
        What an exchange between neighbours costs more than none; negative where an exchange is cheaper.
    cost : (N,)
        Cost of each element being in state 1.

    Returns
    -------
    (N,) bool
        The states of least total cost.

    Notes
    -----
    Viterbi's recursion for two states needs only the difference of the two best costs: ``x -> clip(x, -|k|, |k|)`` at each step
    (mirrored where k < 0), plus the element's cost. Such functions are closed under composition, so all of them are composed by
    doubling in log2(N) rounds, once from each end; the sum of both is the difference of the min-marginals, whose sign is the state.

    References
    ----------
    Viterbi A. Error bounds for convolutional codes and an asymptotically optimum decoding algorithm. IEEE Trans Inf Theory 1967;
    13:260-269. doi:10.1109/TIT.1967.1054010
    Hillis WD, Steele GL. Data parallel algorithms. Commun ACM 1986;29:1170-1183. doi:10.1145/7902.7903

    Examples
    --------
    >>> decode(np.array([1, -1, 1, -1, 1.0]), np.full(6, 0.1)).astype(int).tolist()
    [0, 0, 1, 1, 0, 0]
    """
    # no two choices cost exactly the same, as they would where a walk is exchanged for exactly half of its time
    least = 1e-8 * max(float(np.abs(stay).max(initial=0.0)), float(np.abs(cost).max(initial=0.0)))
    cost = cost + least * np.modf(np.arange(1.0, len(cost) + 1) ** 2 * 0.6180339887)[0]
    sign = np.concatenate([[1.0], np.cumprod(np.where(stay < 0, -1.0, 1.0))])
    value, limit = sign * cost, np.abs(stay)
    ahead, behind = _accumulate(np.array([limit, limit[::-1]]), np.array([value, value[::-1]]))
    return sign * (ahead + behind[::-1] - value) < 0


def _accumulate(limit: np.ndarray, value: np.ndarray) -> np.ndarray:
    """``x[i] = clip(x[i - 1], -limit[i - 1], limit[i - 1]) + value[i]`` from ``x[0] = value[0]`` along rows, all at once."""
    # each step as clip(x + shift, low, high); composed with the step `reach` before it until all start at the first
    shift = value.copy()
    low, high = value.copy(), value.copy()
    low[:, 1:] -= limit
    high[:, 1:] += limit
    reach = 1
    while reach < value.shape[1]:
        later_low, later_high, later_shift = low[:, reach:].copy(), high[:, reach:].copy(), shift[:, reach:].copy()
        low[:, reach:] = np.minimum(np.maximum(low[:, :-reach] + later_shift, later_low), later_high)
        high[:, reach:] = np.minimum(np.maximum(high[:, :-reach] + later_shift, later_low), later_high)
        shift[:, reach:] += shift[:, :-reach].copy()
        reach *= 2
    return np.minimum(np.maximum(shift, low), high)
