"""Gating and smoothing of signals with gaps: whole arrays at once, time along axis 0."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from skelgait.signals.gaps import bridge_rows, find_runs, from_rows, spread_ranges, to_rows

CACHED = 60_000  # samples that are worked on at a time
HIGHEST = 0.45  # share of the frame rate: a cut-off above it filters nothing
OUTLIERS = ((0.05, 1.0), (0.08, 2.7))  # neighbours this far apart (seconds), and how large an outlier must then be


@lru_cache(maxsize=64)
def _butterworth(order: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    from scipy.signal import butter, sosfilt_zi

    sos = butter(order, share, output="sos")
    return sos, sosfilt_zi(sos)


def _design(cutoff: float, order: int) -> float:
    """Cut-off of one pass, as a share of half the sampling rate, that makes both together cut at ``cutoff`` of the rate."""
    both = (np.sqrt(2) - 1) ** (1 / (2 * order))
    return round(float(2 / np.pi * np.arctan(np.tan(np.pi * cutoff) / both)), 12)


def _pass(sos: np.ndarray, zi: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The filter once forwards and once backwards along rows, started in the steady state of the first sample."""
    from scipy.signal import sosfilt

    for _ in range(2):
        rows, _state = sosfilt(sos, rows, axis=1, zi=zi[:, None, :] * rows[None, :, :1])
        rows = rows[:, ::-1]
    return rows


def _both_ways(sos: np.ndarray, zi: np.ndarray, rows: np.ndarray, pad: int) -> np.ndarray:
    """Whole rows, real or complex, filtered: less the line between their ends, and continued by their point reflection there."""
    frames = rows.shape[1]
    first = rows[:, :1]
    line = first + (rows[:, -1:] - first) * (np.arange(frames) / (frames - 1))
    longer = np.empty((rows.shape[0], frames + 2 * pad), rows.dtype)
    level = longer[:, pad:-pad]
    np.subtract(rows, line, out=level)
    np.negative(level[:, pad:0:-1], out=longer[:, :pad])
    np.negative(level[:, -2 : -pad - 2 : -1], out=longer[:, -pad:])
    line += _pass(sos, zi, longer)[:, pad:-pad]
    return line


def low_pass(values: np.ndarray, fps: float, cutoff_hz: float, *, order: int = 2) -> np.ndarray:
    """Zero-lag Butterworth low-pass that leaves gaps alone.

    Parameters
    ----------
    values : (T, ...)
        Signals over time; NaN where missing.
    fps : float, frames per second
        Sampling rate.
    cutoff_hz : float, Hz
        Frequency at which the result (both passes together) has lost 3 dB.
    order : int
        Order of one pass; forwards and backwards together have twice that.

    Returns
    -------
    (T, ...)
        Same shape. NaN stays NaN. A cut-off at or above 0.45 of the frame rate leaves the values as they are.

    Notes
    -----
    Each pass is designed so much higher, ``tan(pi f / fps)`` divided by ``(sqrt(2) - 1) ** (1 / (2 * order))``, that the two
    together cut at ``cutoff_hz`` (Winter; in the bilinear form of Robertson and Dowling, exact also at 25 frames a second). Every
    unbroken run is filtered on its own, continued by its point reflection for one period of the cut-off; a run not longer than
    that period is too short to filter and is kept as it is.

    References
    ----------
    Winter DA. Biomechanics and Motor Control of Human Movement, 4th ed., 2009, chapter 3. doi:10.1002/9780470549148
    Robertson DGE, Dowling JJ. Design and responses of Butterworth and critically damped digital filters. J Electromyogr Kinesiol
    2003;13:569-573. doi:10.1016/S1050-6411(03)00080-4

    Examples
    --------
    >>> t = np.arange(200) / 100
    >>> slow, fast = np.sin(2 * np.pi * t), np.sin(2 * np.pi * 30 * t)
    >>> bool(np.abs(low_pass(slow + fast, 100, 6) - slow)[20:-20].max() < 0.01)
    True
    """
    rows, shape = to_rows(values)
    return from_rows(low_pass_rows(rows, fps, cutoff_hz, order=order), shape)


def low_pass_rows(rows: np.ndarray, fps: float, cutoff_hz: float, *, order: int = 2) -> np.ndarray:
    """`low_pass` on signals that already lie in rows, (C, T).

    Points may be given as complex numbers, x + iy: filtering them takes two thirds of the time.
    """
    if cutoff_hz >= HIGHEST * fps:
        return rows.copy()
    sos, zi = _butterworth(order, _design(cutoff_hz / fps, order))
    pad = max(2, int(np.ceil(fps / cutoff_hz)))
    known = ~np.isnan(rows)
    whole = known.all(axis=1)
    out = rows.copy()
    if rows.shape[1] <= pad:
        return out
    at = np.flatnonzero(whole)
    for piece in _pieces(len(at), rows.shape[1]):
        out[at[piece]] = _both_ways(sos, zi, rows[at[piece]], pad)
    if len(at) == len(rows):
        return out
    broken = np.flatnonzero(~whole)
    if np.iscomplexobj(rows):
        parts = np.stack([rows[broken].real, rows[broken].imag], axis=1).reshape(-1, rows.shape[1])
        parts = _filter_runs(parts, known[broken].repeat(2, axis=0), sos, pad)
        out.real[broken], out.imag[broken] = parts[::2], parts[1::2]
    else:
        out[broken] = _filter_runs(rows[broken], known[broken], sos, pad)
    return out


def _pieces(rows: int, frames: int) -> list[slice]:
    """Rows in as many at a time as stay in the processor's cache: three times as fast as all at once."""
    count = max(1, CACHED // frames)
    return [slice(i, i + count) for i in range(0, rows, count)]


def _filter_runs(rows: np.ndarray, known: np.ndarray, sos: np.ndarray, pad: int) -> np.ndarray:
    """Rows with each unbroken run filtered on its own, all in one go: laid end to end, each less the line between its ends.

    A symmetric filter passes straight lines unchanged, so taking the line off and adding it again changes nothing, and without it
    every run starts and ends at zero: what one run leaks into the next has died away between them.
    """
    from scipy.signal import lfilter, sosfilt

    row, start, stop = find_runs(known)
    long = stop - start > pad
    if not long.any():
        return rows
    row, start, stop = row[long], start[long], stop[long]
    out = rows.copy()
    flat = rows.ravel()
    base = row * rows.shape[1]
    at, run = spread_ranges(start - 2 * pad, stop + 2 * pad)
    first, last = start[run], stop[run] - 1
    # held beyond the reflection, so that nothing of the next run is left by then
    at = np.minimum(np.maximum(at, first - pad), last + pad)
    reflected = np.where(at < first, 2 * first - at, np.where(at > last, 2 * last - at, at))
    y0, y1 = flat[base + start], flat[base + stop - 1]
    slope = (y1 - y0) / (stop - 1 - start)
    level = flat[base[run] + reflected] - y0[run] - slope[run] * (reflected - first)
    level[at != reflected] *= -1
    for _ in range(2):  # of one section a plain recursion is the same, and begun sooner
        level = (lfilter(sos[0, :3], sos[0, 3:], level) if len(sos) == 1 else sosfilt(sos, level))[::-1]
    inside = at == reflected
    k = run[inside]
    out.ravel()[base[k] + at[inside]] = level[inside] + y0[k] + slope[k] * (at[inside] - start[k])
    return out


def outlier_rows(
    rows: np.ndarray, fps: float, *, least: float, spread: float = 6.0, missing: np.ndarray | None = None
) -> np.ndarray:
    """Find samples that stand out from their neighbours on both sides.

    Parameters
    ----------
    rows : (C, T), or (C, D, T) for points
        Signals over time; NaN where missing.
    fps : float, frames per second
        Sampling rate.
    least : float
        A sample nearer than this to its neighbours' median is never an outlier, in the unit of ``rows``.
    spread : float
        Nor is one within this many robust standard deviations of what is usual for its signal.
    missing : (C, T) bool, optional
        Where something is missing, when already known.

    Returns
    -------
    bool, of the shape of ``rows``
        True where a sample is an outlier. Missing samples are False.

    Notes
    -----
    In the spirit of Hampel's rule, but on curvature: a sample is an outlier when it lies off the straight line through its
    neighbours on both sides, off the line its past continues and off the line its future comes from (neighbours 50 ms apart).
    A fast movement is nearly straight over that time at any frame rate, so a swinging foot is not touched, and a good sample
    beside a jump still agrees with the other side. Jumps shorter than 50 ms are seen that way; those up to 80 ms in the same way
    with neighbours that far apart, when they are 2.7 times as large, for over that time a child's foot turns. The scale is that
    of the whole signal (median absolute deviation), not of the window.

    References
    ----------
    Hampel FR. The influence curve and its role in robust estimation. J Am Stat Assoc 1974;69:383-393. doi:10.2307/2285666

    Examples
    --------
    >>> x = np.arange(60.0) * 30
    >>> x[20] += 90
    >>> np.flatnonzero(outlier_rows(x[None], 60, least=10)).tolist()
    [20]
    """
    missing = np.isnan(rows if rows.ndim == 2 else rows[:, 0]) if missing is None else missing
    if missing.any():
        rows = bridge_rows(rows, missing)
    shape = rows.shape
    rows = rows.reshape(-1, shape[-1])
    out = np.zeros(rows.shape, bool)
    for piece in _pieces(*rows.shape):
        for seconds, size in OUTLIERS:
            step = max(1, int(seconds * fps))
            bend = _bends(rows[piece], step)
            bent = np.flatnonzero(bend.max(axis=1, initial=0.0) > 2 * size * least)  # no sample of another row can stand out
            if not len(bent):
                continue
            residual = _departure(bend[bent], step)
            sample = residual[:, :: max(1, residual.shape[1] // 150)]  # some hundred samples fix the usual size well enough
            half = sample.shape[1] // 2
            usual = 1.4826 * np.partition(sample, half, axis=1)[:, half]
            out[piece.start + bent] |= residual > np.maximum(size * least, spread * usual)[:, None]
    return out.reshape(shape) & ~(missing if len(shape) == 2 else missing[:, None])


def _bends(rows: np.ndarray, step: int) -> np.ndarray:
    """Absolute second differences over ``step`` samples, (C, T - 2 step): of the samples that have neighbours on both sides."""
    rise = rows[:, step:] - rows[:, :-step]
    bend = rise[:, step:] - rise[:, :-step]
    return np.abs(bend, out=bend)


def _departure(bends: np.ndarray, step: int) -> np.ndarray:
    """How far each sample lies from the best of three straight lines through neighbours one and two steps away, (C, T)."""
    channels, frames = bends.shape[0], bends.shape[1] + 2 * step
    bend = np.empty((channels, frames + 2 * step))  # not known within a step of the ends
    bend[:, : 2 * step] = bend[:, -2 * step :] = np.inf
    bend[:, 2 * step : -2 * step] = bends
    out = np.minimum(bend[:, :frames], bend[:, 2 * step :])
    out[:, :step] *= 0.5  # only one line to go by: twice the doubt
    out[:, -step:] *= 0.5
    np.minimum(out, 0.5 * bend[:, step:-step], out=out)
    if frames < 3 * step:
        out[np.isinf(out)] = 0.0  # in the middle of so short a signal there is no line to go by
    return out
