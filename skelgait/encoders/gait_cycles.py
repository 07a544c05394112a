"""Where the strides of a walk lie in its pictures, for encoders of video that look at whole gait cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.gait.cycles import find_strides
from skelgait.gait.events import detect_events

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

MOST_APART_S = 0.25  # a stride in which no picture is for longer is not seen whole


def strides_in(trial: Trial, plane: str, time_s: np.ndarray) -> np.ndarray:
    """The strides of both feet that pictures show whole.

    Parameters
    ----------
    trial : Trial
        With ``events`` of the plane, or else a pose they can be detected from.
    plane : str
    time_s : (T,) seconds
        True times of the pictures.

    Returns
    -------
    (n, 2) seconds
        From a foot's contact to its next, as they begin.

    Raises
    ------
    SkelgaitError
        Neither events nor a pose of the plane, or no stride that the pictures show whole.
    """
    events = trial.events.get(plane)
    if events is None and plane not in trial.pose:
        raise SkelgaitError(
            f"trial {trial.name!r} does not tell when the feet land, and its clips are to begin there",
            found=f"no {plane} events and no {plane} pose",
            do=f"give events={{{plane!r}: ...}} or the pose, or align=None",
        )
    strides = find_strides(detect_events(trial.pose[plane]) if events is None else events)
    span = np.stack([strides.start_s, strides.stop_s], 1)
    first, stop = np.searchsorted(time_s, span.T - 1e-6)
    step = np.diff(time_s, append=time_s[-1] + (np.median(np.diff(time_s)) if len(time_s) > 1 else 0.0))
    ends = (span[:, 0] >= time_s[0] - step[0]) & (span[:, 1] <= time_s[-1] + step[-1])
    wide = np.concatenate([[0], np.cumsum(step > MOST_APART_S)])
    whole = ends & (stop > first) & (wide[np.minimum(stop, len(step))] == wide[np.maximum(first - 1, 0)])
    if not whole.any():
        raise SkelgaitError(
            f"trial {trial.name!r}: no stride is seen whole in its {plane} pictures, and clips of it are to be strides",
            found=f"{len(span)} strides, pictures from {time_s[0]:.2f} to {time_s[-1]:.2f} s",
            do="a longer walk, or align=None",
        )
    return span[whole][np.argsort(span[whole, 0], kind="stable")]
