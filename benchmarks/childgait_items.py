"""The 34 items of the Edinburgh score from video, skeleton, descriptors and rules, item by item, on the same children.

    python benchmarks/childgait_items.py [--quick] [--data TRIALS.CSV | --cgv FOLDER] [--published]

Without data: synthetic children with planted deviations, scored by construction (docs/synthetic_cohort.md), filmed from both
planes in clothes before cluttered backgrounds, and a network small enough for one processor and 40 minutes; the films are read
back as any video would be. ``--cgv``: the public pose sequences (docs/learning_from_public_data.md); their videos are not public,
so there are no rows from video. ``--data``: a table of walks (docs/formats.md) with poses and ``sagittal_clip``, ``frontal_clip``
or videos, and answers in ``label_left_initial_contact``, ``label_right_...``: 0, 1, 2, ``typical`` or ``atypical``;
``--published`` takes the recipe's network for it, which wants a GPU. Real children are cross-validated, synthetic ones have
others to test on.

Nobody is both learnt from and tested on. Intervals and differences are over children, who are scored once each. Thresholds are
chosen within the children learnt from.

Exits non-zero when a learnt row is not above chance for sure (area under the curve, mean over items), when thresholds make
balanced accuracy worse, or when shuffled answers teach anything. The quick run, in which nothing can be learnt, only asks that
every row runs and answers with probabilities.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from kept import all_answers, matters
from verdict import end

import skelgait as sg
from skelgait.evaluate.thresholds import choose_thresholds

TASK = sg.tasks.EVGS_BINARY
WARNING = "THE DATA DIFFER: synthetic children scored by construction here, 27 films of children scored by a pediatrician there."
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "auc")
# Per item, in percent, left and right, in the order of the paper's table; and means of its other rows.
ORDER = (1, 2, 3, 7, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
PAPER = {
    "left": (85, 92, 81, 70, 88, 92, 89, 84, 74, 82, 78, 85, 93, 89, 89, 85, 76),
    "right": (89, 85, 74, 85, 83, 88, 93, 80, 92, 86, 81, 81, 89, 80, 74, 92, 76),
}
PAPER_MEANS = "ChildGait-Video 84/84, VideoMAE v2 69/72, BiggerGait 54/53; a second pediatrician 93.8; always the commonest 70.8"
VIDEO = "ChildGait-Video"
Answers = dict[str, list[np.ndarray]]


def options(about: str | None) -> argparse.ArgumentParser:
    """What the three scripts can be told."""
    ask = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true", help="a few children and steps: does it run?")
    ask.add_argument("--data", help="a table of walks with clips or videos and label_left_..., label_right_...")
    ask.add_argument("--published", action="store_true", help="the network of the recipe: ViT-B, 16 pictures of 224 pixels")
    ask.add_argument("--pretrained", help="weights of VideoMAE v2 to begin with, for --published")
    ask.add_argument(
        "--kept", help="folder in which films, clips and answers are kept, to go on after a stop; default: thrown away"
    )
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--folds", type=int, default=5, help="of real children")
    ask.add_argument("--train", type=int, default=120, help="synthetic children to learn from")
    ask.add_argument("--test", type=int, default=160, help="synthetic children to test on")
    ask.add_argument("--walks", type=int, default=1, help="walks of each")
    ask.add_argument("--duration", type=float, default=1.6, help="seconds a walk")
    ask.add_argument("--strength", type=float, default=3.0, help="how much there is to score, against the population")
    ask.add_argument("--clutter", type=float, default=1.0, help="how much stands and passes in the rooms")
    ask.add_argument("--planes", nargs="+", default=["sagittal", "frontal"])
    ask.add_argument("--steps", type=int, default=500)
    ask.add_argument("--batch", type=int, default=16)
    ask.add_argument("--rate", type=float, default=3e-3, help="of learning")
    ask.add_argument("--precision", default="32-true")
    ask.add_argument("--pixels", type=int, default=48, help="of a picture's side, in patches of 8")
    ask.add_argument("--jobs", type=int, default=1, help="processes that make films and train rows")
    return ask


def understand(ask: argparse.ArgumentParser, **defaults: Any) -> argparse.Namespace:
    """The options; the quick and the published sizes in place of theirs."""
    ask.set_defaults(**defaults)
    told = ask.parse_args()
    told.encoder = {"width": 64, "depth": 4, "heads": 4, "patch": 8, "side": told.pixels, "keep_at_least": 12}
    told.encoder |= {"layer_decay": 1.0, "drop_path": 0.0}  # nothing is pre-trained, nothing is deep
    told.encoder |= {"trim": 0.06, "step_s": 1 / 15}  # a stride in 16 pictures
    told.side, told.margin, told.middle, told.film_px, told.stages = (17 * told.pixels) // 16, 0.95, "knees", 320, [16, 32, 64]
    if told.published:
        told.encoder = {"checkpointing": True, **({"pretrained": told.pretrained} if told.pretrained else {})}
        told.side, told.margin, told.middle, told.film_px, told.stages = 256, 1.25, "hips", 960, [64, 128, 256]
    if told.quick:
        told.seeds, told.train, told.test, told.walks, told.duration, told.steps, told.batch = 1, 8, 6, 1, 1.2, 6, 4
        told.encoder |= {"width": 16, "depth": 1, "heads": 2, "side": 32}
        told.side, told.film_px, told.stages, told.clutter, told.folds = 36, 160, [8, 8], 0.0, 2
    warnings.filterwarnings("ignore", category=UserWarning)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; {told.encoder}, {told.steps} steps of {told.batch}")
    return told


def gather(told: argparse.Namespace, folder: str) -> list[sg.Trial]:
    """Walks with an answer and what is looked at: of the poses or the table, or synthetic children filmed and cut."""
    began = time.perf_counter()
    if getattr(told, "cgv", None):
        trials = sg.read_childgait(told.cgv)
    elif told.data:
        trials = [t.with_(labels={"evgs": {i: t.labels.get(i) for i in TASK.items}}) for t in sg.read_trials(told.data)]
    else:
        trials = sg.draw_cohort(
            told.train + told.test,
            told.walks,
            "evgs",
            strength=told.strength,
            duration_s=told.duration,
            planes=told.planes,
            films=Path(folder) / "films",
            clutter=told.clutter,
            film_px=told.film_px,
            n_jobs=told.jobs,
        )
    trials = [t for t in trials if (TASK.encode([t.labels.get("evgs")]) >= 0).any()]
    if any(plane not in t.clips for t in trials for plane in t.video):
        how = {"side": told.side, "margin": told.margin, "middle": told.middle, "n_jobs": told.jobs}
        trials = sg.extract_clips(trials, Path(folder) / "clips", progress=False, **how)
    seen = [t for t in trials if t.clips] or trials
    lost = f"; {len(trials) - len(seen)} left out, of which no clip could be cut" if len(seen) < len(trials) else ""
    took = time.perf_counter() - began
    print(f"{len(seen)} walks of {len({t.subject for t in seen})} children, gathered in {took:.0f} s{lost}", flush=True)
    return seen


def parts(told: argparse.Namespace, trials: Sequence[sg.Trial]) -> list[tuple[list[int], list[int]]]:
    """Walks to learn from and to test on: folds of real children, one half of synthetic ones."""
    if told.data or getattr(told, "cgv", None):
        folds = sg.subject_folds(trials, codes(trials), n_splits=told.folds)
        return [(train.tolist(), test.tolist()) for train, test in folds]
    last = set(sorted({t.subject for t in trials})[-told.test :])
    return [tuple([i for i, t in enumerate(trials) if (t.subject in last) == held] for held in (False, True))]  # type: ignore[list-item]


def codes(trials: Sequence[sg.Trial]) -> np.ndarray:
    """(n, 34) typical 0, atypical 1, not known -1."""
    return TASK.encode([t.labels["evgs"] for t in trials])


def video(told: argparse.Namespace, seed: int, **settings: Any) -> Any:
    """The recipe, as large as told."""
    model = sg.recipes.childgait_video(
        encoder={**told.encoder, **settings.pop("encoder", {})},
        planes=told.planes,
        clips=settings.pop("clips", None),
        optimizer=None if told.published else {"adamw": {"lr": told.rate, "weight_decay": 0.05}},
        batch_size=told.batch,
        precision=told.precision,
        progress=False,
        random_state=seed,
        **settings,
    )
    return model if told.published else model.set_params(max_steps=told.steps)


def models(told: argparse.Namespace, seed: int, filmed: bool) -> dict[str, Any]:
    """Every row that can be asked of these walks."""
    pictures = video(told, seed).encoders[0]["videomae"] if filmed else None
    others = sg.recipes.childgait_others(
        planes=told.planes,
        skeleton={"stages": told.stages, "fps": 15.0},
        video={k: v for k, v in pictures.items() if k != "plane"} if pictures else None,
        batch_size=told.batch,
        optimizer={"adamw": {"lr": told.rate, "weight_decay": 0.02}},
        progress=False,
        random_state=seed,
    )
    for model in others.values():
        if isinstance(model, sg.GaitClassifier):
            model.set_params(max_steps=told.steps, precision=told.precision)
    rows = {"rules": others.pop("rules"), "descriptors": others.pop("descriptors")}
    return {**rows, **({VIDEO: video(told, seed)} if filmed else {}), **others}


def run(
    model: Any, trials: Sequence[sg.Trial], split: list[tuple[list[int], list[int]]], name: str
) -> tuple[np.ndarray, list[str]]:
    """(n, 34, 2) answers to the walks tested on (NaN for the others), and what is wrong with the run whatever it learnt."""
    began = time.perf_counter()
    given = np.full((len(trials), TASK.n_items, 2), np.nan)
    for train, test in split:
        sg.leakage_check([trials[i] for i in train], [trials[i] for i in test])
        given[test] = model.fit([trials[i] for i in train]).predict_proba([trials[i] for i in test])
    print(f"  {name}: {time.perf_counter() - began:.0f} s", flush=True)
    known = given[np.isfinite(given).all(-1)]
    wrong = [] if len(known) and np.allclose(known.sum(-1), 1, atol=1e-4) else [f"{name} gives no probabilities"]
    return given, wrong


def taught(
    told: argparse.Namespace, trials: list[sg.Trial], split: Any, seed: int, row: str, settings: dict[str, Any] | None
) -> tuple[np.ndarray, list[str]]:
    """Answers of a row, and what is wrong with it: the recipe with other settings, or without any one of `models`."""
    warnings.filterwarnings("ignore", category=UserWarning)
    filmed = all(t.clips for t in trials)
    model = models(told, seed, filmed)[row] if settings is None else video(told, seed, **settings)
    return run(model, trials, split, f"seed {seed}, {row}")


def all_taught(
    told: argparse.Namespace, folder: str, trials: list[sg.Trial], split: Any, rows: dict[str, dict[str, Any] | None]
) -> tuple[Answers, list[str]]:
    """Answers of every row with every seed, and what is wrong; what a folder has already is not trained again."""
    same = matters(told, films=[(t.subject, t.name, *(str(path) for path in t.clips.values())) for t in trials])
    print(f"{len(split[0][0])} walks to learn from, {len(split[0][1])} to test on", flush=True)
    runs = [(seed, row, settings) for seed in range(told.seeds) for row, settings in rows.items()]
    done = all_answers(taught, [(same, trials, split, *one) for one in runs], folder, told.jobs, ["trials"])
    answers: Answers = {}
    for (_, row, _), (given, _) in zip(runs, done, strict=True):
        answers.setdefault(row, []).append(given)
    return answers, [one for _, wrong in done for one in wrong]


def tested(runs: Sequence[np.ndarray], trials: Sequence[sg.Trial], at: Sequence[int]) -> dict[str, Any]:
    """What every table takes: answers, truth and children of the walks tested on."""
    truth = codes([trials[i] for i in at])
    return {"model": [one[at] for one in runs], "trials_or_y": truth, "task": TASK, "groups": [trials[i].subject for i in at]}


def words(table: pd.DataFrame, shown: Sequence[str] = SHOWN) -> dict[str, str]:
    """The scores shown, as text."""
    numbers = table.loc[list(shown), ["value", "low", "high"]].to_numpy(float)
    return {name: f"{value:.3f} [{low:.3f}, {high:.3f}]" for name, (value, low, high) in zip(shown, numbers, strict=True)}


def differ(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray], given: dict[str, Any], metric: str = "auc"
) -> tuple[float, ...]:
    """Difference of two models on the same walks, and its interval over children."""
    about = {name: given[name] for name in ("task", "groups")}
    pair = sg.compare_models(list(first), list(second), given["trials_or_y"], metrics=[metric], n_boot=1000, **about)
    return tuple(pair.loc[metric, ["difference", "low", "high"]].astype(float))


def by_item(given: dict[str, Any]) -> pd.DataFrame:
    """Accuracy and F1 of every item and limb, with intervals, beside the majority rate and the paper's accuracy."""
    table = sg.item_table(**given, n_boot=1000)
    percent = {f"{side}_{item.name}": PAPER[side][ORDER.index(item.item)] for side in PAPER for item in items()}
    shown = pd.DataFrame(index=table.index)
    for name in ("accuracy", "f1"):
        shown[name] = [f"{r[name]:.2f} [{r[name + '_low']:.2f}, {r[name + '_high']:.2f}]" for _, r in table.iterrows()]
    shown["majority"] = table["majority_rate"].map("{:.2f}".format)
    shown["n"] = table["n"]
    shown["paper (other data)"] = [f"{percent[i] / 100:.2f}" if i in percent else "0.84" for i in table.index]
    return shown[table["n"] > 0]


def items() -> Any:
    """The 17 items."""
    from skelgait.tasks.evgs import evgs_items

    return evgs_items()


def shuffled(model: Any, trials: Sequence[sg.Trial], split: list[tuple[list[int], list[int]]]) -> tuple[float, float]:
    """Mean area under the curve on unseen children of a model taught shuffled answers, and what chance reaches once in 100."""
    train, test = split[0]
    answers = [trials[i].labels["evgs"] for i in train]
    dealt = sg.shuffle_labels(answers, [trials[i] for i in train], random_state=0)
    given = model.fit([trials[i] for i in train], dealt).predict_proba([trials[i] for i in test])
    about = tested([_put(given, test, len(trials))], trials, test)
    reached = float(sg.score_table(**about, n_boot=10).loc["auc", "value"])
    children = [trials[i].subject for i in test]
    random, chance = np.random.default_rng(0), []
    for _ in range(200):
        order = dict(zip(dict.fromkeys(children), random.permutation(list(dict.fromkeys(children))), strict=True))
        first = {child: children.index(child) for child in order}
        moved = given[[first[order[child]] for child in children]]
        chance.append(float(sg.score_table(moved, about["trials_or_y"], task=TASK, groups=children, n_boot=2).loc["auc", "value"]))
    return reached, float(np.quantile(chance, 0.99))


def _put(given: np.ndarray, at: Sequence[int], n: int) -> np.ndarray:
    whole = np.full((n, *given.shape[1:]), np.nan)
    whole[at] = given
    return whole


def with_thresholds(
    model: Any, trials: Sequence[sg.Trial], split: list[tuple[list[int], list[int]]], whole: np.ndarray
) -> np.ndarray:
    """(n, 34) answers by thresholds chosen within the children learnt from, of a model whose answers are there already."""
    said = np.full((len(trials), TASK.n_items), -1)
    for train, test in split:
        learn, truth = [trials[i] for i in train], codes([trials[i] for i in train])
        unseen = np.full((len(train), TASK.n_items, 2), np.nan)
        for inner, held in sg.subject_folds(learn, truth, n_splits=3):
            unseen[held] = model.fit([learn[i] for i in inner]).predict_proba([learn[i] for i in held])
        limits = choose_thresholds(unseen[..., 1], truth)
        p = whole[test][..., 1]
        said[test] = np.where(np.isfinite(p), p >= limits, -1)
    return said


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    ask = options(__doc__)
    ask.add_argument("--cgv", help="folder of the public pose sequences")
    told = understand(ask)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as thrown_away:
        return compare(told, told.kept or thrown_away, began)


def compare(told: argparse.Namespace, folder: str, began: float) -> int:
    """Every row, on films and clips kept in a folder."""
    trials = gather(told, folder)
    split = parts(told, trials)
    at = sorted(i for _, test in split for i in test)
    filmed = all(t.clips for t in trials)
    answers, missed = all_taught(told, folder, trials, split, dict.fromkeys(models(told, 0, filmed)))
    given = {row: tested(runs, trials, at) for row, runs in answers.items()}
    tables = {row: sg.score_table(**one, unit="subject", n_boot=1000) for row, one in given.items()}
    first = VIDEO if filmed else "ST-GCN"
    pd.set_option("display.width", 250, "display.max_columns", 20)
    seeds, children = f"{told.seeds} seed{'s' * (told.seeds > 1)}", len({trials[i].subject for i in at})
    print(f"\n{seeds}; {children} children tested on; means over items, 95 % intervals")
    shown = pd.DataFrame({row: words(table) for row, table in tables.items()}).T
    shown["S1"] = [_s1(one) for one in given.values()]
    print(shown.to_string())
    floor = float(tables[first].loc["majority_rate", "value"])
    print(f"\nalways the commonest answer of each item: {floor:.3f}; {_majority_s1(given[first])}")
    print(f"The paper, accuracy in percent, left/right: {PAPER_MEANS}.")
    print("The paper's films, these walks: not to be compared." if told.data or told.cgv else WARNING)
    print(f"\n{first}, item by item\n{by_item(given[first]).to_string()}")
    if "descriptors" in answers and not told.quick:
        print("\narea under the curve, differences paired by child")
        for other in [row for row in answers if row != first]:
            value, low, high = differ(answers_at(answers[first], at), answers_at(answers[other], at), given[first])
            print(f"  {first} less {other}: {value:+.3f} [{low:+.3f}, {high:+.3f}]")
    known = given[first]["trials_or_y"] >= 0
    truth = ((given[first]["trials_or_y"] > 0) & known).sum(1)
    total = sg.predicted_evgs_total(np.where(known[..., None], answers[first][0][at], np.nan)).xs("total", level="group")
    inside = 100 * ((total["low"] <= truth) & (truth <= total["high"])).mean()
    print(f"\ntotal of the scored items: expected {total['expected'].mean():.1f}, true {truth.mean():.1f} on average,", end=" ")
    print(f"r {np.corrcoef(total['expected'], truth)[0, 1]:.2f}; {inside:.0f} % within the interval of independent items")
    if not told.quick:
        chosen = with_thresholds(models(told, 0, filmed)["ST-GCN"], trials, split, answers["ST-GCN"][0])
        score = [float(sg.score_table(**{**given["ST-GCN"], "model": one}, n_boot=10).loc["balanced_accuracy", "value"])
                 for one in (answers["ST-GCN"][0][at], chosen[at])]  # fmt: skip
        print(f"ST-GCN, balanced accuracy: {score[0]:.3f} by the likelier level, {score[1]:.3f} by thresholds")
        missed += ["thresholds make balanced accuracy worse"] if score[1] < score[0] else []
        for row in [row for row in answers if row != "rules"]:
            low = float(tables[row].loc["auc", "low"])
            missed += [] if low > 0.5 else [f"{row} is not above chance for sure: {low:.3f}"]
        reached, most = shuffled(models(told, 0, filmed)["ST-GCN"], trials, split)
        print(f"ST-GCN with shuffled answers: area {reached:.3f}, by chance at most {most:.3f}")
        missed += [f"shuffled answers are learnt: {reached:.3f}"] if reached > most else []
    return end(missed, began)


def answers_at(runs: Sequence[np.ndarray], at: Sequence[int]) -> list[np.ndarray]:
    """Answers to the walks tested on."""
    return [one[at] for one in runs]


def _s1(given: dict[str, Any]) -> str:
    scored = (given["trials_or_y"] >= 0).any(0)
    if not scored.all():
        return "-"
    row = sg.childgait_score(given["model"], given["trials_or_y"], item_task=TASK, groups=given["groups"], n_boot=200).loc["S1"]
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _majority_s1(given: dict[str, Any]) -> str:
    if not (given["trials_or_y"] >= 0).any(0).all():
        return "no S1: not all of the 34 items are planted"
    table = sg.childgait_score(given["model"], given["trials_or_y"], item_task=TASK, groups=given["groups"], n_boot=20)
    return f"its S1 {table.loc['majority_S1', 'value']:.3f}; on the released labels 0.708 and 0.759"


if __name__ == "__main__":
    sys.exit(main())
