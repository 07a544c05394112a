"""A figure of every item's confusion matrix, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.answers import gather_answers
from skelgait.evaluate.figures import BLUE, INK, MUTED, PAPER
from skelgait.evaluate.metrics import share_of
from skelgait.evaluate.scores import Counts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 9  # matrices beside one another


def plot_item_confusion(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    unit: str = "walk",
    title: str = "",
) -> Figure:
    """Draw the confusion matrix of every item of a task of many.

    Parameters
    ----------
    model, trials_or_y, task, groups, unit
        As in `score_table`. Several runs are added up.
    title : str
        Over the figure; default the task.

    Returns
    -------
    Figure
        A matrix an item, rows the true level, columns the answered one, counts in the cells, coloured by the share of the true
        level. Under its name accuracy and, after a stroke, what always giving the commonest level would reach: an item that is not
        above it has learnt nothing. Items of left and right stand in rows of their own. Items nobody scored are empty.

    Raises
    ------
    SkelgaitError
        As `score_table`, or a task of one item.

    Examples
    --------
    >>> figure = plot_item_confusion(np.array([[0, 1], [1, 1]]), [[0, 1], [1, 0]])
    >>> len(figure.axes), [ax.get_title(loc="left") for ax in figure.axes]
    (2, ['item 0', 'item 1'])
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    answers = gather_answers(model, trials_or_y, task=task, groups=groups, unit=unit)
    task = answers.task
    if task.n_items < 2:
        raise SkelgaitError(f"{task.name} is one question", do="plot_confusion draws it")
    tables = Counts(answers).confusion.sum(axis=(0, 1))  # (I, L, L)
    levels = [str(level) for level in task.levels]
    groups_of = _rows(task)
    width = min(COLUMNS, max(map(len, groups_of)))
    lines = [row[i : i + width] for row in groups_of for i in range(0, len(row), width)]
    size = 0.36 * len(levels) + 0.5
    figure = Figure(figsize=(width * size + 0.6, len(lines) * (size + 0.6) + 0.8), layout="constrained", facecolor=PAPER)
    colours = LinearSegmentedColormap.from_list("percent", ["#f7f9fb", "#a9c8e6", BLUE])
    for line, row in enumerate(lines):
        for column, item in enumerate(row):
            ax = figure.add_subplot(len(lines), width, line * width + column + 1)
            table, n = tables[item], tables[item].sum()
            share = np.nan_to_num(share_of(table, table.sum(axis=1, keepdims=True)))
            ax.imshow(share, cmap=colours, vmin=0, vmax=1)
            for (true, said), count in np.ndenumerate(table):
                ink = PAPER if share[true, said] > 0.75 else INK if count else MUTED
                ax.text(said, true, f"{count:.0f}", ha="center", va="center", color=ink, fontsize=8)
            ax.set_xticks(range(len(levels)), levels if line == len(lines) - 1 else [], fontsize=6.5, rotation=60, color=MUTED)
            ax.set_yticks(range(len(levels)), levels if column == 0 else [], fontsize=6.5, color=MUTED)
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
            ax.set_title(_name(task.items[item]), loc="left", fontsize=6.5, color=INK, fontweight="bold", pad=14)
            told = f"{100 * np.trace(table) / n:.0f} | {100 * table.sum(axis=1).max() / n:.0f} %" if n else "not scored"
            ax.text(0, 1.03, told, transform=ax.transAxes, fontsize=6.5, color=MUTED, va="bottom")
    figure.suptitle(f"{title or task.name}: true level down, answered across; accuracy | commonest level", fontsize=9, color=INK)
    return figure


def _rows(task: Task) -> list[list[int]]:
    """Places of the items, those of the left and of the right apart."""
    sides = {side: [i for i, name in enumerate(task.items) if name.startswith(f"{side}_")] for side in ("left", "right")}
    other = [i for i, name in enumerate(task.items) if not name.startswith(("left_", "right_"))]
    return [row for row in (*sides.values(), other) if row]


def _name(item: str) -> str:
    words = item.split("_")
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < 14:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
