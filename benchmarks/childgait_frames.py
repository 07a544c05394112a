"""How many pictures ChildGait-Video needs: 8, 16 or 32, a thirtieth of a second apart, on the same children.

    python benchmarks/childgait_frames.py [--quick] [--data TRIALS.CSV] [--published]

Children, films and options are those of ``benchmarks/childgait_items.py``; without data from the side only. The whole system each
time, prompting and pruning included, looking at one clip from the middle of the walk, as the paper: a quarter, a half and a whole
second. The paper asks one item (initial contact); here all planted ones, and that one beside them.

Exits non-zero when 16 pictures are not better than 8 (area under the curve, mean over items), or when going on to 32 brings more
than going from 8 to 16 did. The quick run only asks that every row runs and answers with probabilities.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import pairwise
from typing import Any

import pandas as pd
from childgait_items import all_taught, answers_at, differ, gather, options, parts, tested, understand, words
from verdict import end

import skelgait as sg

FRAMES = (8, 16, 32)
WARNING = "THE DATA DIFFER: synthetic children and a network from scratch here, one item of real children there."
PAPER = {8: "74.1, 0.73", 16: "87.0, 0.89", 32: "90.7, 0.92"}
CONTACT = tuple(f"{side}_initial_contact" for side in ("left", "right"))


def main() -> int:
    """Print the table; 1 when a target is missed."""
    told = understand(options(__doc__), planes=["sagittal"])
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as thrown_away:
        return compare(told, told.kept or thrown_away, began)


def compare(told: Any, folder: str, began: float) -> int:
    """Every row, on films and clips kept in a folder."""
    trials = gather(told, folder)
    split = parts(told, trials)
    at = sorted(i for _, test in split for i in test)
    rows = {str(frames): {"frames": frames, "clips": 1, "encoder": {"step_s": 1 / 30}} for frames in FRAMES}
    answers, missed = all_taught(told, folder, trials, split, rows)
    given = {row: tested(runs, trials, at) for row, runs in answers.items()}
    tables = {row: sg.score_table(**one, unit="subject", n_boot=1000) for row, one in given.items()}
    shown = pd.DataFrame({row: words(table) for row, table in tables.items()}).T.rename_axis("pictures")
    items = {row: sg.item_table(**one, n_boot=200).loc[list(CONTACT)].mean(numeric_only=True) for row, one in given.items()}
    shown["initial contact: accuracy, F1"] = [f"{one['accuracy']:.3f}, {one['f1']:.3f}" for one in items.values()]
    shown["paper, initial contact"] = [PAPER[int(row)] for row in shown.index]
    pd.set_option("display.width", 250, "display.max_columns", 20)
    print(
        f"\n{told.seeds} seed{'s' * (told.seeds > 1)}; {len({trials[i].subject for i in at})} children tested on; means over items"
    )
    print(shown.to_string())
    floor, contact = tables["16"].loc["majority_rate", "value"], items["16"]["majority_rate"]
    print(f"\nalways the commonest answer of each item: {floor:.3f}; of initial contact {contact:.3f}")
    print("The paper's films, these walks: not to be compared." if told.data else WARNING)
    print("\narea under the curve, mean over items, differences paired by child")
    gains = {}
    for few, many in pairwise(FRAMES):
        first, second = (answers_at(answers[str(n)], at) for n in (many, few))
        gains[many] = differ(first, second, given[str(many)])
        print(f"  {many} pictures less {few}: {gains[many][0]:+.3f} [{gains[many][1]:+.3f}, {gains[many][2]:+.3f}]")
    if not told.quick:
        missed += [] if gains[16][0] > 0 else ["16 pictures are not better than 8"]
        missed += [] if gains[16][0] > gains[32][0] else ["32 pictures bring more over 16 than 16 over 8"]
    return end(missed, began)


if __name__ == "__main__":
    sys.exit(main())
