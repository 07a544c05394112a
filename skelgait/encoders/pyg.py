"""Walks as graphs of torch_geometric, for networks of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from skelgait.core.errors import NotInstalled, SkelgaitError
from skelgait.encoders.pose_inputs import PoseEncoder
from skelgait.encoders.streams import to_stream

try:
    from torch_geometric.data import Data, InMemoryDataset
except ImportError:
    raise NotInstalled("graphs need torch_geometric, which is not installed", do='pip install "skelgait[learn]"') from None

if TYPE_CHECKING:
    from skelgait.core.task import Task
    from skelgait.core.trial import Trial

TIME = ("nodes", "features")


class _Poses(PoseEncoder):
    """What prepares a pose, without a network."""

    def forward(self, inputs: Any) -> Any:
        raise NotImplementedError


def to_pyg(
    trial: Trial,
    *,
    plane: str = "sagittal",
    skeleton: str | Mapping[str, Any] = "coco17",
    task: Task | None = None,
    fps: float = 30.0,
    stream: str = "joint",
    time: str = "nodes",
    frames: int | None = None,
) -> Data:
    """A walk as one graph.

    Parameters
    ----------
    trial : Trial
    plane : {"sagittal", "frontal"}
        Which of its poses.
    skeleton : str, or mapping with ``names`` and ``bones``
        Keypoints of the graph, in order.
    task : Task, optional
        Whose answer, from ``trial.labels``, is ``y``.
    fps : float, frames per second
        The pose is resampled to it.
    stream : {"joint", "bone", "joint_motion", "bone_motion"}
        What of the pose is looked at.
    time : {"nodes", "features"}
        A node for each keypoint in each frame, or for each keypoint with the frames as its features.
    frames : int, optional
        Play the walk in so many frames, whatever its length, so that features of several walks have one size.

    Returns
    -------
    torch_geometric.data.Data
        ``x`` (T * K, 3) frame by frame, or (K, T * 3): x, y and confidence in the child's own measure, zero where missing.
        ``edge_index`` (2, E) int64: every bone both ways and, where frames are nodes, every keypoint with itself in the next
        frame, both ways; ``edge_type`` (E,) is 0 for bones and 1 for time. ``y`` (1, I) int64, -1 where not known, with a task.
        ``subject`` and ``name``, to keep a child on one side of a split.

    Raises
    ------
    SkelgaitError
        What `skelgait.encoders.pose_inputs.PoseEncoder.prepare` raises, or an unknown setting.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.walker import Walker
    >>> graph = to_pyg(Trial("child07", Walker().film(fps=30, duration_s=1).pose))
    >>> tuple(graph.x.shape), graph.num_edges == 30 * 36 + 29 * 34
    ((510, 3), True)
    """
    if time not in TIME:
        raise SkelgaitError(f"there is no way {time!r} to put time into a graph", expected=" or ".join(TIME))
    if frames is not None and frames < 1:
        raise SkelgaitError("a walk needs frames", found=f"frames={frames}", expected="1 or more")
    poses = _Poses(plane=plane, skeleton=skeleton, fps=fps, stream=stream)
    pose = torch.from_numpy(poses.prepare(trial)["pose"])[None]
    x = to_stream(pose, torch.ones(pose.shape[:2], dtype=torch.bool), stream, poses.bone_start)[0]
    if frames is not None:
        x = _play(x, frames)
    bones = torch.from_numpy(poses.skeleton.edge_index())
    bones = torch.cat([bones, bones.flip(0)], dim=1)
    count, keypoints = x.shape[:2]
    if time == "nodes":
        first = torch.arange(0, count * keypoints, keypoints)
        within = (bones[:, None] + first[None, :, None]).flatten(1)
        now = torch.arange((count - 1) * keypoints)
        onward = torch.stack([now, now + keypoints])
        edges = torch.cat([within, onward, onward.flip(0)], dim=1)
        kind = torch.cat([torch.zeros(within.shape[1], dtype=torch.long), torch.ones(2 * len(now), dtype=torch.long)])
        x = x.flatten(0, 1)
    else:
        edges, kind = bones, torch.zeros(bones.shape[1], dtype=torch.long)
        x = x.transpose(0, 1).flatten(1)
    graph = Data(x=x.contiguous(), edge_index=edges, edge_type=kind)
    if task is not None:
        graph.y = torch.from_numpy(np.ascontiguousarray(task.encode([trial.labels.get(task.label)])))
    graph.subject, graph.name = trial.subject, trial.name
    return graph


def _play(x: torch.Tensor, frames: int) -> torch.Tensor:
    """(T, K, C) in so many frames, straight between the old ones; missing beside a missing one."""
    at = torch.linspace(0, len(x) - 1, frames)
    low = at.floor().long()
    part = (at - low).view(-1, 1, 1)
    before, after = x[low], x[(low + 1).clamp(max=len(x) - 1)]
    seen = (before[..., 2:] > 0) & ((after[..., 2:] > 0) | (part < 1e-4))
    return torch.lerp(before, after, part) * seen


class PoseGraphs(InMemoryDataset):
    """Walks as a data set of graphs, for torch_geometric's loaders and trainers.

    Parameters
    ----------
    trials : sequence of Trial
    plane, skeleton, task, fps, stream, time, frames
        As for `to_pyg`.

    Notes
    -----
    Nothing is written to disk. Split it by subject: ``[i for i, s in enumerate(data.subjects) if s in train]`` (or
    `skelgait.subject_folds` on the trials) and ``data[indices]``.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.walker import Walker
    >>> walks = [Trial(f"child{n}", Walker().film(fps=30, duration_s=1).pose) for n in range(3)]
    >>> data = PoseGraphs(walks, time="features", frames=32)
    >>> len(data), tuple(data[0].x.shape), data.subjects
    (3, (17, 96), ['child0', 'child1', 'child2'])
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        *,
        plane: str = "sagittal",
        skeleton: str | Mapping[str, Any] = "coco17",
        task: Task | None = None,
        fps: float = 30.0,
        stream: str = "joint",
        time: str = "nodes",
        frames: int | None = None,
    ) -> None:
        super().__init__(root=None)
        if not len(trials):
            raise SkelgaitError("there are no trials to make graphs of")
        graphs = [
            to_pyg(trial, plane=plane, skeleton=skeleton, task=task, fps=fps, stream=stream, time=time, frames=frames)
            for trial in trials
        ]
        if len({tuple(graph.x.shape[1:]) for graph in graphs}) > 1:
            raise SkelgaitError("walks of different length have features of different size", do='give frames=, or time="nodes"')
        self.data, self.slices = self.collate(graphs)
        self.subjects = [trial.subject for trial in trials]
