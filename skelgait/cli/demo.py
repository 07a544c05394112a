"""A walk whose truth is known, measured like any other."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import skelgait as sg
from skelgait.cli.models import check_learning
from skelgait.cli.options import Quiet
from skelgait.cli.telling import tell_page, tell_written
from skelgait.core.errors import NotInstalled

if TYPE_CHECKING:
    from skelgait.gait.measure import Measurement
    from skelgait.walker.film import Walk
    from skelgait.walker.truth import Truth


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("demo"),
    overlay: Annotated[bool, typer.Option(help="Film the walk and draw the overlay videos.")] = True,
    learning: Annotated[bool, typer.Option(help="Teach a model on synthetic children, too: a minute or two.")] = True,
    quiet: Quiet = False,
) -> None:
    """Measure a synthetic child of known truth, filmed from the side and from the front, and teach a model on others.

    Prints where the report of the walk is, and the page of the model.

    \b
    Examples:
      skelgait demo
      skelgait demo --out somewhere --no-learning
    """
    from skelgait.report.results import make_folder, write_results

    folder = make_folder(out)
    child = sg.Walker(age_years=7, cadence_spm=126, step_time_ratio=1.08, stiff_knee=(0.0, 0.2), knee_valgus_deg=(3.0, 9.0))
    poses, films = {}, {}
    for plane, look, swaps in (("sagittal", "sagittal_right", 2), ("frontal", "frontal_towards", 0)):
        camera = sg.Camera(view=look, size=(960, 540))
        walk = child.film(camera, fps=60, duration_s=6, noise_px=0.5, dropout=0.01, swaps=swaps, random_state=0)
        sg.write_pose(walk.pose, folder / f"walker_{plane}.csv")
        poses[plane] = sg.read_pose(folder / f"walker_{plane}.csv")
        if overlay and _film(walk, folder / f"walker_{plane}.mp4", quiet=quiet):
            films[plane] = str(folder / f"walker_{plane}.mp4")
    trial = sg.Trial(
        "synthetic child", poses, video=films, age_years=child.age_years, height_m=child.body_height_m, leg_length_m=child.leg_m
    )
    result = sg.measure(trial)
    if not quiet:
        _compare(walk.truth, result)
    told = tell_page if overlay and not quiet else None
    written, left_out = write_results(trial, folder, measurement=result, overlay=overlay, progress=not quiet, on_page=told)
    tell_written(written, left_out, quiet=quiet)
    if not learning:
        typer.echo("left out: learning (--no-learning)", err=True)
        return
    try:
        check_learning()
    except NotInstalled as error:
        typer.echo(f"left out: learning: {error}", err=True)
        return
    from skelgait.cli.demo_learning import learn_from_synthetic_children

    page = learn_from_synthetic_children(folder, quiet=quiet)
    typer.echo(f"learning: {page}")


def _compare(truth: Truth, result: Measurement) -> None:
    """A line a number: what is true, what was measured."""
    said = (
        ("cadence", "steps/min", truth.cadence_spm, "cadence_spm"),
        ("left step time", "s", truth.step_time_s[0], "left_step_time_s"),
        ("right step time", "s", truth.step_time_s[1], "right_step_time_s"),
        ("left knee in mid-stance", "deg valgus", truth.knee_valgus_deg[0], "left_knee_valgus_mid_stance_deg"),
        ("right knee in mid-stance", "deg valgus", truth.knee_valgus_deg[1], "right_knee_valgus_mid_stance_deg"),
    )
    typer.echo(f"{'':26}{'true':>8}{'measured':>10}")
    for words, unit, true, name in said:
        typer.echo(f"{words:26}{true:8.2f}{result.values[name]:10.2f}  {unit}")


def _film(walk: Walk, to: Path, *, quiet: bool) -> bool:
    """Render the walk as a video; False where PyAV is not installed."""
    from tqdm.auto import tqdm

    from skelgait.io.video_writing import write_video

    words = f"filming {to.name}"
    if not quiet:
        typer.echo(words, err=True)
    frames = tqdm(walk.frames(), words, total=walk.pose.n_frames, unit="frame", leave=False, disable=quiet or None)
    try:
        write_video(to, frames, walk.pose.fps)
    except NotInstalled:
        return False
    return True
