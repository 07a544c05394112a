"""What prompting and pruning bring to ChildGait-Video: the rows of the paper's ablation, on the same children.

    python benchmarks/childgait_ablation.py [--quick] [--data TRIALS.CSV] [--published]

Children, films and options are those of ``benchmarks/childgait_items.py``; without data from the side only, before full clutter,
and with more children and steps than there (320 and 3,000): with 110 and 500 the rows were hardly above chance, and no difference
could be seen. Four networks that differ in what they are shown: the picture, the pose drawn on it (TKP), the patches that show the
child (MPP), both.

Exits non-zero when both together are not better than the plain network for sure (area under the curve, mean over items), when
prompting or pruning alone is worse than nothing for sure, or when one alone is better than both for sure. The quick run only asks
that every row runs and answers with probabilities.
"""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

import pandas as pd
from childgait_items import all_taught, answers_at, differ, gather, options, parts, tested, understand, video, words
from verdict import end

import skelgait as sg
from skelgait.recipes.childgait import ROWS

WARNING = (
    "THE DATA DIFFER: synthetic children and a network from scratch here; children, and weights that saw 650,000 films, there."
)
PAPER = {"VideoMAE v2": "69/72", "+ TKP": "72/74", "+ MPP": "78/79", "+ both": "84/84"}
PAIRS = (
    ("+ TKP", "VideoMAE v2"),
    ("+ MPP", "VideoMAE v2"),
    ("+ both", "VideoMAE v2"),
    ("+ both", "+ TKP"),
    ("+ both", "+ MPP"),
)


def main() -> int:
    """Print the table; 1 when a target is missed."""
    told = understand(options(__doc__), planes=["sagittal"], train=320, steps=3000)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as thrown_away:
        return compare(told, told.kept or thrown_away, began)


def compare(told: Any, folder: str, began: float) -> int:
    """Every row, on films and clips kept in a folder."""
    trials = gather(told, folder)
    split = parts(told, trials)
    at = sorted(i for _, test in split for i in test)
    answers, missed = all_taught(told, folder, trials, split, {row: dict(shown) for row, shown in ROWS.items()})
    some = [trials[i] for i in split[0][0][:16]]
    looking = video(told, 0, **ROWS["+ both"]).set_params(max_steps=1).fit(some)  # what is kept is not learnt
    inputs = looking.prepare_batch(some).inputs[0]
    kept = float(looking.network_.encoders[0].kept_share(inputs).mean())
    given = {row: tested(runs, trials, at) for row, runs in answers.items()}
    tables = {row: sg.score_table(**one, unit="subject", n_boot=1000) for row, one in given.items()}
    pd.set_option("display.width", 250, "display.max_columns", 20)
    print(
        f"\n{told.seeds} seed{'s' * (told.seeds > 1)}; {len({trials[i].subject for i in at})} children tested on; means over items"
    )
    shown = pd.DataFrame({row: words(table) for row, table in tables.items()}).T
    shown["paper, accuracy L/R"] = pd.Series(PAPER)
    print(shown.to_string())
    floor = tables["+ both"].loc["majority_rate", "value"]
    print(f"\nalways the commonest answer of each item: {floor:.3f}; patches kept by pruning: {100 * kept:.0f} %")
    print("The paper's films, these walks: not to be compared." if told.data else WARNING)
    print("\narea under the curve, differences paired by child")
    pairs = {(a, b): differ(answers_at(answers[a], at), answers_at(answers[b], at), given[a]) for a, b in PAIRS}
    for (first, second), (value, low, high) in pairs.items():
        print(f"  {first} less {second}: {value:+.3f} [{low:+.3f}, {high:+.3f}]")
    if not told.quick:
        if not pairs["+ both", "VideoMAE v2"][1] > 0:
            missed.append("both together are not better than the plain network for sure")
        missed += [f"{a} is worse than the plain network for sure" for a in ("+ TKP", "+ MPP") if pairs[a, "VideoMAE v2"][2] < 0]
        missed += [f"{b} alone is better than both for sure" for b in ("+ TKP", "+ MPP") if pairs["+ both", b][2] < 0]
    return end(missed, began)


if __name__ == "__main__":
    sys.exit(main())
