"""The end of the demo: the GMFCS system learnt from synthetic children, scored on others, and one answer explained."""

from __future__ import annotations

import io
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import skelgait as sg

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from skelgait.core.trial import Trial
    from skelgait.report.learning import Answer, Picture

# Small enough for half a minute on two processors.
CHILDREN, WALKS, SECONDS, EPOCHS, KEPT = 90, 2, 4.0, 15, 1 / 3
STAGES = (16, 32, 32)
FOLDER, PAGE = "learning", "learning.html"
FUSION, SKELETON, FOREST = "fusion of both", "skeleton network alone", "random forest on descriptors"


def learn_from_synthetic_children(folder: Path, *, quiet: bool) -> Path:
    """Draw children, teach the GMFCS system, score it on children it has not seen, explain a walk, and write it all down.

    Parameters
    ----------
    folder : Path
        Of the demo; ``learning/`` in it gets the model, its scores and answers, figures and the page.
    quiet : bool

    Returns
    -------
    Path
        The page.
    """
    from skelgait.evaluate.source import have_sources
    from skelgait.io.atomic import new_files
    from skelgait.io.table import write_table
    from skelgait.report.learning import Learnt, write_learning_page
    from skelgait.report.results import make_folder

    began = time.perf_counter()
    to = make_folder(folder / FOLDER)
    if not quiet:
        typer.echo(f"learning: drawing {CHILDREN} synthetic children, teaching a small network (--no-learning leaves this out)")
    trials = sg.draw_cohort(CHILDREN, WALKS, duration_s=SECONDS)
    learn, kept = sg.split_by_subject(trials, KEPT, stratify="gmfcs")
    sg.leakage_check(learn, kept)
    model = _recipe(quiet).fit(learn)
    forest = sg.DescriptorClassifier(model.task_, "random_forest", random_state=0).fit(learn)
    said = {FUSION: model.predict_proba(kept), SKELETON: model.skeleton_.predict_proba(kept), FOREST: forest.predict_proba(kept)}
    scores = {name: sg.score_table(p, kept, task=model.task_) for name, p in said.items()}
    differences = {name: _difference(said[FUSION], p, kept, model.task_) for name, p in said.items() if name != FUSION}
    answer, pictures = _explain(model, kept, said[FUSION])
    learnt = Learnt(
        walks=(len(learn), len(kept)),
        children=(len({t.subject for t in learn}), len({t.subject for t in kept})),
        levels=dict(sorted(Counter({t.subject: t.labels["gmfcs"] for t in trials}.values()).items())),
        keypoints=[name.replace("_", " ") for name in model.ranking_.index[:4]],
        n_descriptors=len(model.names_),
        width=STAGES[-1],
        seconds=time.perf_counter() - began,
    )
    with new_files(to) as unfinished:
        model.save(unfinished / "gmfcs.safetensors")
        write_table(_together(scores), unfinished / "scores.csv")
        write_table(_answers(kept, said[FUSION], model.task_), unfinished / "answers.csv")
        write_table(model.ranking_.reset_index(), unfinished / "keypoints.csv")
        for picture in pictures:
            (unfinished / f"{picture.name}.png").write_bytes(picture.png)
        names = sorted(path.name for path in unfinished.iterdir())
        sources = sg.source_probe(model.model_, kept) if have_sources(kept) else None
        write_learning_page(unfinished / PAGE, learnt, scores, differences, answer, pictures, sources=sources, files=names)
    if not quiet:
        row, floor = scores[FUSION].loc["accuracy"], scores[FUSION].loc["majority_rate", "value"]
        typer.echo(
            f"on {learnt.walks[1]} walks of {learnt.children[1]} children it had not seen: {row['value']:.2f} right "
            f"[{row['low']:.2f}, {row['high']:.2f}]; always the commonest level: {floor:.2f}"
        )
    return to / PAGE


def _recipe(quiet: bool) -> Any:
    return sg.recipes.gmfcs_fusion(
        encoder={"stgcn": {"stages": list(STAGES), "fps": 15.0, "dropout": 0.1}},
        fusion={"cross_attention": {"width": STAGES[-1]}},
        descriptors={"dropout": 0.1},
        keypoints=8,
        max_epochs=EPOCHS,
        optimizer={"adamw": {"lr": 4e-3, "weight_decay": 0.02}},
        augmentation={"mirror": 0.5, "roll_deg": 3, "jitter": 0.01, "crop": 0.7, "joint_dropout": 0.05},
        progress=not quiet,
        random_state=0,
    )


def _difference(first: np.ndarray, second: np.ndarray, trials: list[Trial], task: Any) -> pd.Series:
    return sg.compare_models(first, second, trials, task=task, metrics=["accuracy"]).loc["accuracy"]


def _explain(model: Any, trials: list[Trial], said: np.ndarray) -> tuple[Answer, list[Picture]]:
    """The first walk that is answered rightly, its maps, and all answers together."""
    from skelgait.report.learning import Answer, Picture

    levels = [str(level) for level in model.task_.levels]
    codes = said.argmax(-1)
    right = [i for i, (trial, code) in enumerate(zip(trials, codes, strict=True)) if trial.labels["gmfcs"] == levels[code]]
    at = (right or [0])[0]
    walk = trials[at]
    moving = sg.explain(model, walk, "gradcam")
    numbers = sg.explain(model, walk, "shap", samples=3)
    events = sg.detect_events(sg.clean(walk.pose["sagittal"]))
    answer = Answer(
        walk.name,
        str(walk.labels["gmfcs"]),
        levels[codes[at]],
        float(said[at].max()),
        (
            ("skeleton map", float(moving.info["faithfulness"])),
            ("descriptor bars", float(numbers.info["faithfulness"])),
        ),
    )
    confusion = sg.plot_confusion(said, trials, task=model.task_)
    return answer, [
        Picture(
            "confusion", "True levels in rows, the model's answers in columns. Right answers are on the diagonal.", _png(confusion)
        ),
        Picture(
            "skeleton",
            "Where the skeleton network looked, over the gait cycle of the left leg: the larger and darker a point, the more "
            "it spoke for the answer (Grad-CAM).",
            _png(sg.plot_skeleton_heat(moving, walk, events=events, phases=7)),
        ),
        Picture(
            "descriptors",
            "The descriptors with the largest share in the probability of the answer, against the middle child of the training "
            "(SHAP): red speaks for it, blue against it.",
            _png(sg.plot_descriptors(numbers, most=10)),
        ),
    ]


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130)
    return file.getvalue()


def _together(scores: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([table.reset_index().assign(model=name) for name, table in scores.items()])[
        ["model", "metric", "value", "low", "high", "n", "reference", "note"]
    ]


def _answers(trials: list[Trial], said: np.ndarray, task: Any) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame({"trial": [t.name for t in trials], "subject": [t.subject for t in trials]})
    table["true"] = [t.labels[task.label] for t in trials]
    table["answer"] = [task.levels[code] for code in said.argmax(-1)]
    return table.join(pd.DataFrame(said.round(4), columns=[f"p_{level}" for level in task.levels]))
