"""How much of what a network of video looked at lies on joints, against the same network with its weights shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.encoders.clip_pose import pose_in_clip
from skelgait.encoders.layers.capsules import body_height
from skelgait.explain.why import explain, network_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("share", "low", "high", "area", "control", "control_low", "control_high"),
    *("difference", "difference_low", "difference_high", "walks", "subjects"),
)
SURE = 0.3  # least confidence of a joint that a disc is drawn about


def joint_relevance(
    model: Any,
    trials: Sequence[Trial],
    joints: Sequence[str] = ("hip", "knee", "ankle"),
    *,
    levels: Sequence[Any] | None = None,
    method: str = "gradcam",
    stage: str | None = None,
    encoder: Any = None,
    item: str | None = None,
    radius: float = 0.08,
    controls: int = 5,
    n_boot: int = 1000,
    random_state: int = 0,
    progress: bool = True,
) -> pd.DataFrame:
    """Say how much of a map over video lies on joints: a number for "it looks at the knees", with its control.

    Parameters
    ----------
    model : GaitClassifier
        Fitted, with an encoder of video.
    trials : sequence of Trial
        Each with the clip that the model looks at and the pose of the same video.
    joints : sequence of str
        Without their sides: a disc about each of ``left_knee`` and ``right_knee``.
    levels : sequence, optional
        The answer of each walk that is explained; default what the model answers.
    method : str
        As in `explain`: any that gives a map over time, rows and columns.
    stage : str, optional
        Of Grad-CAM.
    encoder, item
        As in `explain`.
    radius : float
        Of the discs, in body heights.
    controls : int
        Networks with shuffled weights.
    n_boot : int
        Draws of subjects (and of controls) for the intervals.
    random_state : int
        Of shuffling and draws.
    progress : bool
        Show a bar.

    Returns
    -------
    DataFrame
        Rows ``answer`` and ``joint``: each answer that was explained and ``all``; each joint and ``any`` of them. Columns ``share``
        of the map that lies on the discs, with ``low`` and ``high`` (95 %, over subjects), ``area``, the discs' share of the
        pictures; ``control``, ``control_low``, ``control_high``, the same of shuffled networks; ``difference``, ``difference_low``,
        ``difference_high`` of the two; ``walks`` and ``subjects``.

    Raises
    ------
    SkelgaitError
        A walk without the clip or its pose, joints the pose does not have, a map that is not over pictures, or no walk on which
        all the joints are seen and the map is not empty.

    Notes
    -----
    A shuffled network is the same one with the numbers of each layer of weights exchanged at random and its running statistics
    taken anew from the walk: it has the same layers, so its map is as coarse and as drawn to edges and to the middle, but it has
    learnt nothing. Only what the network's map has above it is due to learning. The first stage of a 3D ResNet follows edges and
    lights, learnt or not, and the deepest has so few places (4 x 4 of 112 pixels) that its map cannot lie on a disc: look at
    ``layer2``. Pictures in which a joint is not seen are left out, and so are walks whose
    map is zero everywhere (counted out of ``walks``).

    References
    ----------
    Adebayo J et al. Sanity checks for saliency maps, NeurIPS 2018: maps of a network against those of one with random weights.

    Examples
    --------
    >>> import skelgait as sg
    >>> film = sg.Walker().film(sg.Camera(size=(96, 96), view="frontal_towards"), fps=10, duration_s=0.8)
    >>> clip = sg.Clip(np.stack(list(film.frames())), fps=10, boxes=[[0, 0, 96, 96]] * 8, view="frontal_towards")
    >>> walks = [sg.Trial(child, {"frontal": film.pose}, clips=clip) for child in ("anna", "ben")]
    >>> encoder = {"resnet3d": {"depth": 10, "widths": [4, 4, 8, 8], "frames": 4, "side": 32}}
    >>> model = sg.GaitClassifier("GENU_BINARY", encoder, max_epochs=1, progress=False, random_state=0)
    >>> model = model.fit(walks, ["normal", "abnormal"])
    >>> table = joint_relevance(model, walks, ["knee"], stage="layer1", controls=1, n_boot=50, progress=False)
    >>> bool((table.share.between(0, 1) & table.control.between(0, 1)).all())
    True
    """
    import pandas as pd

    model = network_of(model, item)
    if not hasattr(model, "task_") or isinstance(trials, Trial):
        raise SkelgaitError(
            "joint_relevance takes a fitted model and a list of walks: it makes the maps itself, and those of its controls",
            found=f"{type(model).__name__} and {type(trials).__name__}",
            expected="a fitted GaitClassifier and a list of Trial",
        )
    trials = list(trials)
    if levels is not None and len(levels) != len(trials):
        raise SkelgaitError("an answer for each walk", found=f"{len(levels)} levels for {len(trials)} walks")
    if controls < 1 or not 0 < radius < 1 or not joints:
        raise SkelgaitError(
            "these settings measure nothing",
            found=f"controls={controls}, radius={radius}, joints={list(joints)}",
            expected="a shuffled network or more, a radius in body heights, a joint or more",
        )
    settings = {"stage": stage} if stage is not None else {}
    asked = {"item": item, "encoder": encoder, "faithfulness": False, **settings}
    seeds = np.random.default_rng(random_state).integers(2**31, size=controls)
    names = [*joints, "any"] if len(joints) > 1 else list(joints)
    shares = np.full((len(trials), 1 + controls, len(names)), np.nan)
    area, answers = np.full((len(trials), len(names)), np.nan), []
    for n, trial in enumerate(tqdm(trials, "looking at joints", unit="walk", disable=not progress or None, leave=False)):
        why = explain(model, trial, method, level=None if levels is None else levels[n], **asked)
        answers.append(why.answer.split(" = ", 1)[1])
        discs, seen = _discs(trial, why, joints, radius)
        level = model.task_.levels[[str(one) for one in model.task_.levels].index(answers[-1])]
        whys = [why] + [explain(_shuffled(model, trial, int(s)), trial, method, level=level, **asked) for s in seeds]
        if not seen.any():
            continue
        area[n] = discs[seen].mean((0, 2, 3))
        for k, one in enumerate(whys):
            heat = one.values[seen]
            total = heat.sum()
            if total > 0:
                shares[n, k] = np.einsum("thw,tjhw->j", heat, discs[seen]) / total
    if not (np.isfinite(shares[:, 0, 0]) & np.isfinite(shares[:, 1:, 0]).any(1)).any():
        raise SkelgaitError(
            "there is no walk whose map and joints can be compared",
            found="no picture shows all the joints, or every map is zero",
            do="an earlier stage, or other joints",
        )
    rows = {}
    for answer in [*sorted(set(answers)), "all"] if len(set(answers)) > 1 else answers[:1]:
        mine = np.array([answer in (one, "all") for one in answers]) & np.isfinite(shares[:, 0, 0])
        subjects = np.unique([trial.subject for trial in trials], return_inverse=True)[1][mine]
        for column, row in _spread(shares[mine], subjects, n_boot, random_state).items():
            for joint, value in zip(names, row, strict=True):
                rows.setdefault((answer, joint), {})[column] = float(value)
        for joint, value in zip(names, area[mine].mean(0) if mine.any() else np.full(len(names), np.nan), strict=True):
            rows[answer, joint] |= {"area": float(value), "walks": int(mine.sum()), "subjects": len(np.unique(subjects))}
    index = pd.MultiIndex.from_tuples(rows, names=["answer", "joint"])
    return pd.DataFrame(list(rows.values()), index=index)[list(COLUMNS)]


def _spread(shares: np.ndarray, subjects: np.ndarray, n_boot: int, random_state: int) -> dict[str, np.ndarray]:
    """Mean and 95 % interval of each joint's share (walks, 1 + controls, joints), of its control and of their difference."""
    if not len(shares):
        return {name: np.full(shares.shape[2], np.nan) for name in COLUMNS[:3] + COLUMNS[4:10]}
    rng = np.random.default_rng(random_state)
    _, subjects = np.unique(subjects, return_inverse=True)
    count, controls = int(subjects.max()) + 1, shares.shape[1] - 1
    walks = np.concatenate([np.ones((1, len(shares))), rng.multinomial(count, np.full(count, 1 / count), n_boot)[:, subjects]])
    draws = np.concatenate([np.ones((1, controls)), rng.multinomial(controls, np.full(controls, 1 / controls), n_boot)])
    known = np.isfinite(shares)
    weight = walks[:, :, None] * np.concatenate([np.ones((len(walks), 1)), draws], 1)[:, None]  # (draws, walks, 1 + controls)
    filled = np.where(known, shares, 0.0)
    with np.errstate(invalid="ignore"):
        share, control = (
            np.einsum("bwk,wkj->bj", weight[..., part], filled[:, part])
            / np.einsum("bwk,wkj->bj", weight[..., part], known[:, part])
            for part in (slice(0, 1), slice(1, None))
        )
    out = {}
    for name, low, high, drawn in (
        ("share", "low", "high", share),
        ("control", "control_low", "control_high", control),
        ("difference", "difference_low", "difference_high", share - control),
    ):
        out[name] = drawn[0]
        out[low], out[high] = np.nanpercentile(drawn[1:], [2.5, 97.5], axis=0) if n_boot else np.full((2, drawn.shape[1]), np.nan)
    return out


def _discs(trial: Trial, why: Attribution, joints: Sequence[str], radius: float) -> tuple[np.ndarray, np.ndarray]:
    """(T, J, H, W) whether each place of the map's pictures lies on a joint, and on any; (T,) where all of them are seen."""
    if tuple(why.axes) != ("time", "row", "column") or "part" not in why.info:
        raise SkelgaitError(
            "this map does not lie over pictures of a clip",
            found=", ".join(why.axes),
            do="an encoder of video, and a method that gives time, row and column",
        )
    plane = why.info["plane"]
    if plane not in trial.pose or plane not in trial.clips:
        raise SkelgaitError(
            f"trial {trial.name!r} has no {plane} {'clip' if plane not in trial.clips else 'pose'}",
            do="joints are looked for in the clip by the pose of the same video: give both",
        )
    clip, pose = trial.clip(plane), trial.pose[plane]
    sources = {f"{side}_{joint}": pose.skeleton.sources(f"{side}_{joint}") for joint in joints for side in SIDES}
    if lacking := [name for name, places in sources.items() if not places]:
        raise SkelgaitError(
            f"trial {trial.name!r}: the pose does not have these joints",
            found=", ".join(lacking),
            expected="such as hip, knee, ankle",
        )
    points = pose_in_clip(pose, clip)
    points[points[..., 2] < SURE, :2] = np.nan
    at = np.abs(clip.time_s[:, None] - clip.time_s[0] - np.array(why.axes["time"])).argmin(0)
    left, top, width, height = why.info["part"]
    scale = np.array([why.values.shape[2] / width, why.values.shape[1] / height])
    middle = np.stack([points[at][:, list(places), :2].mean(1) for places in sources.values()], 1)  # (T, joints and sides, 2)
    middle = (middle + 0.5 - [left, top]) * scale - 0.5
    tall = float(body_height(torch.from_numpy(points)[None], pose.skeleton)) * scale[1]
    y, x = np.mgrid[: why.values.shape[1], : why.values.shape[2]]
    far = np.hypot(x - middle[..., :1, None], y - middle[..., 1:, None])  # NaN where not seen
    on = (far < radius * tall).reshape(len(at), len(joints), len(SIDES), *y.shape).any(2)
    on = np.concatenate([on, on.any(1, keepdims=True)], 1) if len(joints) > 1 else on
    return on, np.isfinite(middle).all((1, 2)) & np.isfinite(tall)


def _shuffled(model: Any, trial: Trial, seed: int) -> Any:
    """The model with the numbers of each layer of weights exchanged at random, and running statistics of this walk."""
    rng = torch.Generator().manual_seed(seed)
    other = copy(model)
    other.network_ = deepcopy(model.network_).eval()
    with torch.no_grad():
        for weight in other.network_.parameters():
            if weight.ndim > 1:
                weight.copy_(weight.flatten()[torch.randperm(weight.numel(), generator=rng)].view_as(weight))
        counting = [one for one in other.network_.modules() if isinstance(one, nn.modules.batchnorm._BatchNorm)]
        for one in counting:
            one.reset_running_stats()
            one.momentum = None  # a plain mean
            one.train()
        if counting:
            other.network_(other.prepare_batch([trial]).inputs)
        other.network_.eval()
    return other
