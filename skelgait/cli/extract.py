"""Keypoints out of a video."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import skelgait as sg
from skelgait.cli.options import Quiet, Recordings, grouped, option


@grouped
def extract(
    video: Annotated[Path, typer.Argument(help="The video.", show_default=False, metavar="VIDEO")],
    out: Annotated[
        Path, option("Pose file to write: .npz (keeps everything), .csv, .parquet or .trc; no ending: an OpenPose folder.")
    ],
    recordings: Recordings,
    quiet: Quiet = False,
) -> None:
    """Estimate the keypoints of the walking person in a video and write them as a pose file.

    A keypoint file is taken, too, and written in the other format.

    \b
    Examples:
      skelgait extract walk.mp4 --out walk.npz
      skelgait extract slowmotion.mp4 --out walk.csv --fps 240
      skelgait extract busy.mp4 --out walk.npz --person 420,180,160,420
      skelgait extract openpose_folder --out walk.csv --fps 60
    """
    from skelgait.io.poses import check_pose_path

    check_pose_path(out)  # before minutes are spent on the video
    pose, _ = recordings.reading(progress=not quiet).recording(video)
    sg.write_pose(pose, out)
    if not quiet:
        typer.echo(f"{pose.n_frames} frames, {pose.fps:g} fps, {pose.skeleton.name}, {100 * pose.missing_share:.0f} % missing")
    typer.echo(f"pose: {out}")
