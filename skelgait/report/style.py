"""How every figure of a report looks: colours of the sides, words for the angles, plain axes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Left red, right blue, as gait laboratories print them; the two stay apart for every common kind of colour blindness and
# are told apart in grey by the line: left drawn through, right dashed.
SIDE_COLOURS: Mapping[str, str] = MappingProxyType({"left": "#c9402f", "right": "#1c66b0"})
SIDE_LINES: Mapping[str, tuple[int, tuple[float, ...]] | str] = MappingProxyType({"left": "-", "right": (0, (5.0, 1.6))})
INK, MUTED, RULE, PAPER = "#1f2a36", "#5d6b7a", "#d7dde4", "#ffffff"
MIDDLE = "#4c5866"  # what has no side: trunk, pelvis
FILLED, MISSING, SWAPPED = "#e0a100", "#ffffff", "#7a3e9d"

# The angles that have words, in the order they are shown.
ANGLES = (
    *("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg", "trunk_lean_deg", "shank_lean_deg", "foot_pitch_deg"),
    *("thigh_flexion_deg", "knee_valgus_deg", "hip_adduction_deg", "pelvis_left_up_deg", "trunk_left_lean_deg", "step_width_ll"),
)
UNITS = ("deg", "s", "ms", "hz", "px", "m", "cm", "ll", "spm", "percent", "m_s", "ll_s", "deg_s")


def angle_words(column: str, texts: Texts = ENGLISH) -> tuple[str, str, str]:
    """What an angle is called, and what its two directions are (negative, positive).

    Examples
    --------
    >>> angle_words("knee_flexion_deg")
    ('Knee', 'extension', 'flexion')
    >>> angle_words("elbow_bend_deg")
    ('Elbow bend', '−', '+')
    """
    if column in ANGLES:
        title, negative, positive = texts.parts(f"angle.{column}")
        return title, negative, positive
    return column.rsplit("_", 1)[0].replace("_", " ").capitalize(), "−", "+"


def unit_of(name: str, texts: Texts = ENGLISH) -> str:
    """The unit a name ends in, as a reader writes it; empty when it carries none.

    Examples
    --------
    >>> unit_of("left_knee_flexion_deg"), unit_of("cadence_spm"), unit_of("speed_m_s"), unit_of("n_cycles")
    ('°', 'steps/min', 'm/s', '')
    """
    for suffix in sorted(UNITS, key=len, reverse=True):
        if name.endswith(f"_{suffix}"):
            return texts(f"unit.{suffix}")
    return ""


def side_of(name: str) -> str | None:
    """``"left"``, ``"right"`` or None for a name whose side leads.

    Examples
    --------
    >>> side_of("left_knee"), side_of("trunk_lean_deg")
    ('left', None)
    """
    side = name.split("_", 1)[0]
    return side if side in SIDE_COLOURS else None


def colour_of(name: str) -> str:
    """The colour of a side, or of a keypoint or quantity by the side it starts with.

    Examples
    --------
    >>> colour_of("left_knee") == colour_of("left"), colour_of("neck") == MIDDLE
    (True, True)
    """
    return SIDE_COLOURS.get(side_of(name) or name, MIDDLE)


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1, *, share_x: bool = False) -> tuple[Figure, list[Axes]]:
    """An empty figure (inches) with ``rows x columns`` plain axes, row by row, away from pyplot and from the user's style."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share_x)
    axes = [ax for row in grid for ax in row]
    for ax in axes:
        dress(ax)
    return figure, axes


def dress(ax: Axes) -> None:
    """Quiet axes: two thin spines, small muted ticks, a light grid behind the data."""
    ax.set_facecolor(PAPER)
    for name, spine in ax.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(RULE)
    ax.tick_params(colors=MUTED, labelsize=7.5, length=3, width=0.6, labelcolor=INK)
    ax.grid(True, color=RULE, linewidth=0.5, alpha=0.7)
    ax.set_axisbelow(True)
    ax.xaxis.label.set(color=MUTED, fontsize=8)
    ax.yaxis.label.set(color=MUTED, fontsize=8)


def set_title(ax: Axes, text: str, *, colour: str = INK) -> None:
    """A small bold title over the left end of the axes."""
    ax.set_title(text, loc="left", fontsize=9, fontweight="bold", color=colour, pad=5)


def add_legend(figure: Figure, handles: list, *, columns: int | None = None) -> None:
    """One legend for the whole figure, under it."""
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=columns or len(handles), frameon=False, fontsize=8, handlelength=2.4
    )
    for text in legend.get_texts():
        text.set_color(INK)
