"""What a trained model says of walks, and why."""

# ruff: noqa: D301

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import skelgait as sg
from skelgait.cli.describe import read_many
from skelgait.cli.filmed import cut_videos, read_alone
from skelgait.cli.models import LeftOut, Model, Numbers, Walks, count_walks, keep_fitting, load_model, read_rows
from skelgait.cli.options import Body, Quiet, Recordings, grouped, option
from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    import pandas as pd

    from skelgait.core.task import Task
    from skelgait.core.trial import Trial


@grouped
def predict(
    model: Model,
    walks: Walks,
    recordings: Recordings,
    who: Body,
    out: Annotated[Path | None, option("CSV to write; default: standard output.")] = None,
    numbers: Numbers = None,
    quiet: Quiet = False,
) -> None:
    """Answer with a trained model: one row a walk (and item), with the probability of each level.

    \b
    Examples:
      skelgait predict gmfcs.safetensors walk.mp4
      skelgait predict gmfcs.safetensors trials.csv --out answers.csv
      skelgait predict genu.safetensors front.mp4 --view frontal_towards
      skelgait predict scoliosis.safetensors walk.silhouettes.npz
    """
    from skelgait.io.atomic import check_writable
    from skelgait.io.table import write_table

    if out is not None:
        check_writable(out)
    one = load_model(model, numbers, quiet=quiet)
    left_out = LeftOut()
    trials = _read(one, walks, recordings, who, left_out, quiet=quiet)
    write_table(_answers(one, trials), out or sys.stdout)
    if out is not None and not quiet:
        typer.echo(f"{count_walks(trials)}: {out}")
    left_out.end()


@grouped
def explain(
    model: Model,
    walks: Walks,
    recordings: Recordings,
    who: Body,
    out: Annotated[Path, option("Folder for a figure and a table a walk, and answers.csv.")],
    method: Annotated[
        str,
        option(
            "gradcam, strips (of silhouettes), integrated_gradients, attention, rollout (of videomae), shap or graph. "
            "Default: gradcam of a network of skeletons, silhouettes or video, else shap."
        ),
    ] = "",
    stage: Annotated[
        str | None, option("Of gradcam: which stage of the network; layer2 of resnet3d, say. Default: the deepest.")
    ] = None,
    faces: Annotated[
        bool, option("Show faces. By default all of a picture is blurred but the walker's body below the neck.")
    ] = False,
    item: Annotated[str | None, option("Which item, of a question with many.")] = None,
    level: Annotated[str | None, option("The answer to explain; default: the model's.")] = None,
    numbers: Numbers = None,
    quiet: Quiet = False,
) -> None:
    """Show why a trained model answered as it did.

    Maps of keypoints are drawn over the gait cycle where foot contacts are found, else over the walk. The faithfulness is how much
    faster the answer goes when what ranks highest is hidden than in a random order: near or below 0, do not believe the map.
    Of a network of video the map is drawn over moments of the clip, and over all of it as a video beside the figure.

    \b
    Examples:
      skelgait explain gmfcs.safetensors walk.json --fps 60 --out why
      skelgait explain genu.safetensors front.mp4 --view frontal_towards --stage layer2 --out why
      skelgait explain gmfcs.safetensors trials.csv --method shap --out why
    """
    import pandas as pd
    from tqdm.auto import tqdm

    from skelgait.explain.why import fitting_method
    from skelgait.io.atomic import new_files
    from skelgait.io.table import write_table
    from skelgait.report.results import make_folder

    one = load_model(model, numbers, quiet=quiet)
    about = None if level is None else _level(one.task_, level)
    method = method or fitting_method(one)
    left_out = LeftOut()
    trials = _read(one, walks, recordings, who, left_out, quiet=quiet)
    folder = make_folder(out)
    rows = []
    with new_files(folder) as unfinished:
        shown = tqdm(trials, "explaining", unit="walk", disable=quiet or len(trials) < 2 or None, leave=False)
        for n, trial in enumerate(shown, 1):
            why = sg.explain(one, trial, method, item=item, level=about, **({"stage": stage} if stage else {}))
            over = "row" if "row" in why.axes else list(why.axes)[-1]
            stem = f"walk{n:03d}_{method}"
            on_clip = "part" in why.info
            figure = sg.plot_clip_heat(why, trial, faces=faces) if on_clip else _draw(one, why, trial, over)
            if on_clip:
                sg.write_clip_heat(why, trial, unfinished / f"{stem}.mp4", faces=faces, progress=not quiet)
            figure.savefig(unfinished / f"{stem}.png", dpi=150)
            shares = why.over(over)
            write_table(shares.rename("share").reset_index(), unfinished / f"{stem}.csv")
            row = {"trial": trial.name, "subject": trial.subject, "answer": why.info["answer"], "explained": why.answer}
            row |= {"first": _first(shares), "faithfulness": why.info.get("faithfulness", float("nan"))}
            rows.append({**row, "figure": f"{stem}.png", **({"video": f"{stem}.mp4"} if on_clip else {})})
        write_table(pd.DataFrame(rows), unfinished / "answers.csv")
    left_out.end()
    if quiet:
        return
    for row in rows:
        first = row["first"].replace("_", " ")
        typer.echo(f"{row['trial']}: {row['explained']}, mostly {first}; faithfulness {row['faithfulness']:+.2f}")
    typer.echo(f"figures and tables: {folder}")


def _read(model: Any, walks: list[Path], recordings: Recordings, who: Body, left_out: LeftOut, *, quiet: bool) -> list[Trial]:
    """The walks; of a table those that can be read and have what the model looks at."""
    trials = read_alone(walks, recordings, who)
    if trials is None:
        trials = read_many(walks, recordings, who, quiet=quiet, read_table=lambda table: read_rows(table, left_out))
    trials, _ = cut_videos(model, trials, left_out, quiet=quiet)
    fitting = keep_fitting(model, trials, left_out, quiet=quiet)
    left_out.show()
    return [trials[i] for i in fitting]


def _level(task: Task, written: str) -> Any:
    try:
        return task.levels[task.encode([[written] * task.n_items])[0, 0]]
    except SkelgaitError:
        levels = " | ".join(map(str, task.levels))
        raise SkelgaitError(f"{task.name} has no level {written!r}", expected=levels, do="--level one of them") from None


def _first(shares: pd.Series) -> str:
    """What ranks highest: names, or of pictures the row."""
    return f"row {shares.idxmax()}" if shares.index.name == "row" else ", ".join(shares.nlargest(3).index)


def _draw(model: Any, why: Any, trial: Trial, over: str) -> Any:
    """Bars of descriptors, or heat: over the silhouette, over the gait cycle, or over the walk where no stride is found."""
    if over in ("descriptor", "strip", "row"):
        return sg.plot_descriptors(why) if over == "descriptor" else sg.plot_silhouette_heat(why)
    plane = _plane_of(model)
    try:
        events = trial.events.get(plane) or sg.detect_events(sg.clean(trial.pose[plane]))
        return sg.plot_skeleton_heat(why, trial, events=events, plane=plane)
    except SkelgaitError:
        return sg.plot_skeleton_heat(why, trial, plane=plane)


def _plane_of(model: Any) -> str | None:
    """The plane the model's skeleton network looks at."""
    return next((encoder.plane for encoder in model.network_.encoders if encoder.inputs == "pose"), None)


def _answers(model: Any, trials: list[Trial]) -> pd.DataFrame:
    import pandas as pd

    task, said = model.task_, model.predict_proba(trials)
    probabilities = said.reshape(len(trials), task.n_items, task.n_levels)
    codes = model.decide(said).reshape(len(trials), task.n_items)
    rows = [
        {
            "trial": trial.name,
            "subject": trial.subject,
            **({"item": item} if task.n_items > 1 else {}),
            "answer": task.levels[codes[n, i]] if codes[n, i] >= 0 else None,
            **{f"p_{level}": round(float(p), 4) for level, p in zip(task.levels, probabilities[n, i], strict=True)},
        }
        for n, trial in enumerate(trials)
        for i, item in enumerate(task.items)
    ]
    return pd.DataFrame(rows)
