"""How a number spreads over many walks: a small SVG, one dot a walk, each a link to its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, LEFT, RIGHT = 330, 42, 10
_BARS, _DOTS, _GAP, _AXIS = 26, 13, 7, 18
# Fewer walks than these have no spread: they stand as dots, without bars, median and quartiles.
FEWEST = 4
# More dots than these only blacken the page: then the bars stand alone.
MOST_DOTS = 1200
# What lies further than so many interquartile ranges from the quartiles is drawn at the edge.
_FAR = 4.0


@dataclass(frozen=True, eq=False)
class Series:
    """The values of one side, or of the whole walk.

    Parameters
    ----------
    name : str
        ``left``, ``right`` or empty.
    values : (N,)
        NaN where there is none.
    links : sequence of str
        Page of each walk; empty where there is none.
    titles : sequence of str
        What is said when the pointer rests on a dot.
    """

    name: str
    values: np.ndarray
    links: Sequence[str]
    titles: Sequence[str]


def draw_distribution(series: Sequence[Series], unit: str, *, words: str) -> Markup:
    """Draw bars, dots, median and quartiles of each series, one under the other over one axis; of few walks only the dots.

    Parameters
    ----------
    series : sequence of Series
        At least one with a finite value.
    unit : str
        As a reader writes it.
    words : str
        What the picture shows, for those who cannot see it.

    Returns
    -------
    Markup
        An ``<svg>`` element; everything that came from outside is escaped.
    """
    from markupsafe import Markup, escape

    shown = [s for s in series if np.isfinite(s.values).any()]
    low, high = span_of(np.concatenate([s.values for s in shown]))
    ticks = nice_ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    bars = _BARS if len(shown) > 1 else 2 * _BARS + _DOTS + _GAP  # one alone fills the room of two
    few = max(np.isfinite(s.values).sum() for s in shown) < FEWEST
    bars = _DOTS / 2 if few else bars
    row = bars + _DOTS + _GAP
    bottom = row * len(shown) + 2
    parts = [
        f'<line class="grid" x1="{x(t):.1f}" x2="{x(t):.1f}" y1="2" y2="{bottom}"/>'
        f'<text class="tick" x="{x(t):.1f}" y="{bottom + 12}">{_tick(t, ticks)}</text>'
        for t in ticks
    ]
    edges = np.linspace(low, high, bin_count(np.concatenate([s.values for s in shown]), low, high) + 1)
    for i, one in enumerate(shown):
        parts.append(_draw_few(one, i * row + bars + 2, x) if few else _draw_row(one, i * row + bars + 2, bars, edges, x))
    height = bottom + _AXIS
    body = "".join(parts)
    return Markup(f'<svg class="spread" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}">{body}</svg>')  # nosec: every string in it is escaped above or is ours


def _draw_few(one: Series, base: float, x) -> str:  # type: ignore[no-untyped-def]
    """A dot a walk on a line."""
    from markupsafe import escape

    parts = [f'<g class="few {one.name or "both"}">']
    if one.name:
        parts.append(f'<text class="side" x="0" y="{base + 3:.1f}">{escape(one.name)}</text>')
    parts.append(f'<line class="base" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    for k in np.flatnonzero(np.isfinite(one.values)):
        dot = f'<circle cx="{x(one.values[k]):.1f}" cy="{base}" r="4"><title>{escape(one.titles[k])}</title></circle>'
        parts.append(f'<a href="{escape(one.links[k])}">{dot}</a>' if one.links[k] else dot)
    return "".join([*parts, "</g>"])


def _draw_row(one: Series, base: float, bars: float, edges: np.ndarray, x) -> str:  # type: ignore[no-untyped-def]
    from markupsafe import escape

    known = np.flatnonzero(np.isfinite(one.values))
    values = one.values[known]
    low, high = edges[0], edges[-1]
    inside = np.clip(values, low, high)
    counts, _ = np.histogram(inside, edges)
    tallest = max(int(counts.max()), 1)
    parts = [f'<g class="{one.name or "both"}">']
    if one.name:
        parts.append(f'<text class="side" x="0" y="{base - 1:.1f}">{escape(one.name)}</text>')
    for count, a, b in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            tall = bars * count / tallest
            parts.append(f'<rect x="{x(a) + 0.4:.1f}" y="{base - tall:.1f}" width="{x(b) - x(a) - 0.8:.1f}" height="{tall:.1f}"/>')
    parts.append(f'<line class="base" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    if len(values) <= MOST_DOTS:
        # spread like the golden angle: neighbours in the table lie apart, and the picture is the same every time
        jitter = (known * 0.61803398875) % 1.0
        for value, at, shift, k in zip(values, inside, jitter, known, strict=True):
            y = base + 3 + (_DOTS - 5) * shift
            far = ' class="far"' if value != at else ""
            dot = f'<circle cx="{x(at):.1f}" cy="{y:.1f}" r="2"{far}><title>{escape(one.titles[k])}</title></circle>'
            link = one.links[k]
            parts.append(f'<a href="{escape(link)}">{dot}</a>' if link else dot)
    quarter, middle, third = np.percentile(values, [25, 50, 75])
    parts.append(
        f'<line class="quartiles" x1="{x(max(quarter, low)):.1f}" x2="{x(min(third, high)):.1f}" y1="{base}" y2="{base}"/>'
    )
    parts.append(f'<line class="median" x1="{x(middle):.1f}" x2="{x(middle):.1f}" y1="{base - bars}" y2="{base + 2}"/>')
    parts.append("</g>")
    return "".join(parts)


def span_of(values: np.ndarray) -> tuple[float, float]:
    """What the axis has to show: everything, but for values far outside the rest.

    Examples
    --------
    >>> span_of(np.array([1.0, 2.0, 3.0, np.nan, 500.0]))[1] < 100, span_of(np.array([5.0, 5.0]))
    (False, (4.5, 5.5))
    """
    values = values[np.isfinite(values)]
    first, third = np.percentile(values, [25, 75])
    reach = _FAR * (third - first)
    low, high = float(values.min()), float(values.max())
    if reach > 0:
        low, high = max(low, float(first - reach)), min(high, float(third + reach))
    if high - low < 1e-9 * max(1.0, abs(high)):
        half = 0.1 * abs(high) if abs(high) > 1e-6 else 0.5
        low, high = low - half, high + half
    return low, high


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers that span an axis.

    Examples
    --------
    >>> nice_ticks(3.2, 17.9), nice_ticks(0.4, 0.55)
    ([0.0, 5.0, 10.0, 15.0, 20.0], [0.4, 0.45, 0.5, 0.55])
    """
    size = 10.0 ** np.floor(np.log10((high - low) / most))
    for step in (1, 2, 2.5, 5, 10, 20, 25, 50):
        first, last = np.floor(low / (step * size) + 1e-9), np.ceil(high / (step * size) - 1e-9)
        if last - first < most:
            break
    return [float(round(k * step * size, 10)) for k in np.arange(first, last + 1)]


def bin_count(values: np.ndarray, low: float, high: float) -> int:
    """How many bars: the rule of Freedman and Diaconis 1981, between 10 and 28 of them."""
    values = values[np.isfinite(values)]
    first, third = np.percentile(values, [25, 75])
    wide = 2 * (third - first) / max(len(values), 1) ** (1 / 3)
    return 12 if wide <= 0 else 28 if high - low >= 28 * wide else max(10, int(np.ceil((high - low) / wide)))


def _tick(value: float, ticks: Sequence[float]) -> str:
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    decimals = next(d for d in range(7) if abs(round(step, d) - step) < 1e-9 * abs(step) or d == 6)
    return f"{value:.{decimals}f}".replace("-", "−")
