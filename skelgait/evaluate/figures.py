"""Figures of a model's answers: the confusion matrix, and whether its probabilities mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.answers import gather_answers
from skelgait.evaluate.calibration import BINS, calibration_error
from skelgait.evaluate.intervals import draw_weights
from skelgait.evaluate.metrics import accuracy, share_of
from skelgait.evaluate.scores import Counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER, BLUE, RED = "#1f2a36", "#5d6b7a", "#d7dde4", "#ffffff", "#1c66b0", "#c9402f"
FEW_WALKS = 5  # in a bin, under which its point is drawn hollow


def plot_confusion(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    unit: str = "walk",
    item: str | None = None,
    title: str = "",
) -> Figure:
    """Draw how often each true level was given each level.

    Parameters
    ----------
    model, trials_or_y, task, groups, unit
        As in `score_table`. Several runs are added up.
    item : str, optional
        One item of a task of many; default all together.
    title : str
        Over the figure; default the task.

    Returns
    -------
    Figure
        Each cell has the count and its percent of the true level's walks; the colour is the percent. Save it with ``.savefig``.

    Raises
    ------
    SkelgaitError
        As `score_table`, or an item the task does not have.

    Examples
    --------
    >>> figure = plot_confusion([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], [0, 1, 0])
    >>> [text.get_text().splitlines() for text in figure.axes[0].texts][:2]
    [['1', '50 %'], ['1', '50 %']]
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    answers = gather_answers(model, trials_or_y, task=task, groups=groups, unit=unit)
    task = answers.task
    if item is not None and item not in task.items:
        raise SkelgaitError(f"{task.name} has no such item", found=repr(item), expected=", ".join(task.items))
    counts = Counts(answers)
    table = counts.confusion.sum(axis=(0, 1))
    table = table.sum(axis=0) if item is None else table[task.items.index(item)]
    percent = 100 * share_of(table, table.sum(axis=1, keepdims=True))
    levels = [str(level) for level in task.levels]
    size = max(2.6, 0.85 * len(levels) + 0.14 * max(map(len, levels)))
    figure = Figure(figsize=(size + 1.5, size + 1.35), layout="constrained", facecolor=PAPER)
    ax = figure.subplots()
    ax.imshow(
        np.nan_to_num(percent), cmap=LinearSegmentedColormap.from_list("percent", ["#f7f9fb", "#a9c8e6", BLUE]), vmin=0, vmax=100
    )
    for row in range(len(levels)):
        for column in range(len(levels)):
            share = f"\n{percent[row, column]:.0f} %" if np.isfinite(percent[row, column]) else ""
            ink = PAPER if percent[row, column] > 75 else INK if table[row, column] else MUTED
            weight = "bold" if row == column else "normal"
            ax.text(column, row, f"{table[row, column]:.0f}{share}", ha="center", va="center", color=ink, fontsize=9, weight=weight)
    rows = [f"{level}\n({n:.0f})" for level, n in zip(levels, table.sum(axis=1), strict=True)]
    turned = 35 if max(map(len, levels)) > 8 else 0
    ax.set_xticks(range(len(levels)), levels, color=INK, fontsize=9, rotation=turned, ha="right" if turned else "center")
    ax.set_yticks(range(len(levels)), rows, color=INK, fontsize=9)
    ax.set_xticks(np.arange(0.5, len(levels) - 1), minor=True)
    ax.set_yticks(np.arange(0.5, len(levels) - 1), minor=True)
    ax.grid(which="minor", color=PAPER, linewidth=2)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    what = {"walk": "walks", "subject": "children"}[unit] if task.n_items == 1 or item else "answers"
    ax.set_xlabel("answered by the model", color=MUTED, fontsize=9)
    ax.set_ylabel(f"true ({what})", color=MUTED, fontsize=9)
    many = f" ({task.n_items} items together)" if task.n_items > 1 and item is None else f", {item}" if item else ""
    right = f"{100 * float(accuracy(table)):.0f} % of {table.sum():.0f} {what} right, {len(counts.subjects)} subjects"
    if len(answers.predicted) > 1:
        right += f"; {len(answers.predicted)} runs added up"
    ax.set_title(f"{title or task.name}{many}", loc="left", color=INK, fontsize=11, fontweight="bold", pad=20)
    ax.text(0, 1.015, right, transform=ax.transAxes, color=MUTED, fontsize=8.5, va="bottom")
    return figure


def plot_reliability(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    n_boot: int = 1000,
    random_state: int = 0,
    title: str = "",
) -> Figure:
    """Draw how often the model is right when it says it is sure.

    Parameters
    ----------
    model, trials_or_y, task, groups
        As in `score_table`.
    n_boot, random_state
        Resamples of the subjects, for the bars (95 %).
    title : str
        Over the figure; default the task.

    Returns
    -------
    Figure
        Above, the share of right answers by the probability of the level answered, in ten bins, with intervals over subjects;
        under it, how many answers each bin holds. Points below the diagonal: the model is too sure. Hollow: fewer than 5 answers.

    Raises
    ------
    SkelgaitError
        As `score_table`, or levels without probabilities.

    Examples
    --------
    >>> figure = plot_reliability([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], [0, 1, 0], n_boot=50)
    >>> len(figure.axes)
    2
    """
    from matplotlib.figure import Figure

    answers = gather_answers(model, trials_or_y, task=task, groups=groups)
    if answers.probabilities is None:
        raise SkelgaitError("a reliability figure needs probabilities", found="levels only", do="give predict_proba")
    counts = Counts(answers)
    if not len(counts.subjects):
        raise SkelgaitError("there is nothing to draw", found="no walk with a true answer and a given one")
    table = counts.bins.sum(axis=1)  # (S, bins, 3)
    weights = draw_weights(len(counts.subjects), n_boot, random_state)
    drawn = np.einsum("rs,sbk->rbk", weights, table)
    walks, sure, right = np.moveaxis(table.sum(axis=0), -1, 0)
    full = np.flatnonzero(walks)
    x, y = (sure / np.maximum(walks, 1))[full], (right / np.maximum(walks, 1))[full]
    with np.errstate(invalid="ignore"):
        spread = drawn[..., 2] / np.where(drawn[..., 0] > 0, drawn[..., 0], np.nan)
    low, high = np.nanquantile(spread[:, full], (0.025, 0.975), axis=0)
    figure = Figure(figsize=(4.6, 5.2), layout="constrained", facecolor=PAPER)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
    for ax in (top, below):
        _dress(ax)
    top.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    least = 1 / answers.task.n_levels
    top.annotate("too sure", (0.97, 0.06), color=MUTED, fontsize=8.5, ha="right")
    top.annotate("not sure enough", (max(least, 0.03) + 0.08, 0.97), color=MUTED, fontsize=8.5, va="top")
    top.vlines(x, np.minimum(low, y), np.maximum(high, y), color=BLUE, linewidth=1.6, alpha=0.55, zorder=2)
    enough = walks[full] >= FEW_WALKS
    top.plot(x[enough], y[enough], color=BLUE, linewidth=1.2, alpha=0.8, zorder=3)
    top.scatter(x, y, s=34, color=[BLUE if e else PAPER for e in enough], edgecolors=BLUE, linewidths=1.4, zorder=4)
    top.set(ylim=(-0.02, 1.02), xlim=(max(0.0, np.floor(least * BINS - 1e-9) / BINS) - 0.02, 1.02))
    top.set_ylabel("share of right answers", color=MUTED, fontsize=9)
    edges = np.arange(BINS) / BINS
    below.bar(edges + 0.5 / BINS, walks, width=0.92 / BINS, color="#a9c8e6", edgecolor=BLUE, linewidth=0.6)
    for edge, n in zip(edges, walks, strict=True):
        if n:
            below.text(edge + 0.5 / BINS, n, f"{n:.0f}", ha="center", va="bottom", fontsize=7.5, color=INK)
    below.set_ylim(0, 1.22 * walks.max())
    below.set_ylabel("answers", color=MUTED, fontsize=9)
    below.set_xlabel("probability of the level answered", color=MUTED, fontsize=9)
    error = float(calibration_error(table.sum(axis=0)))
    told = f"calibration error {100 * error:.1f} %, {walks.sum():.0f} answers, {len(counts.subjects)} subjects"
    top.set_title(title or answers.task.name, loc="left", color=INK, fontsize=11, fontweight="bold", pad=20)
    top.text(0, 1.015, told, transform=top.transAxes, color=MUTED, fontsize=8.5, va="bottom")
    return figure


def _dress(ax: Axes) -> None:
    for name, spine in ax.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(RULE)
    ax.tick_params(colors=MUTED, labelsize=8, length=3, width=0.6, labelcolor=INK)
    ax.grid(True, color=RULE, linewidth=0.5, alpha=0.7)
    ax.set_axisbelow(True)
