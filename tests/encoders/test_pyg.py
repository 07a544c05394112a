from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.encoders.stgcn import StGcn
from skelgait.walker import Walker

pytest.importorskip("torch_geometric")
from skelgait.encoders.pyg import PoseGraphs, to_pyg

GMFCS = Task("GMFCS", levels=("I", "II", "III", "IV"), ordered=True)


def trial(number: int = 0, duration_s: float = 2, **labels: str) -> Trial:
    pose = Walker().film(fps=30, duration_s=duration_s, random_state=number).pose
    return Trial(f"child{number}", pose, labels=labels)


def test_nodes_are_keypoints_in_frames() -> None:
    walk = trial(gmfcs="II")
    graph = to_pyg(walk, task=GMFCS)
    assert all(torch.equal(value, walk.to_pyg(task=GMFCS)[name]) for name, value in graph if torch.is_tensor(value))
    door, method = inspect.signature(to_pyg).parameters, inspect.signature(Trial.to_pyg).parameters
    assert door.keys() - {"trial"} == method.keys() - {"self"}
    sample = StGcn(stages=(4,)).prepare(walk)["pose"]
    assert torch.equal(graph.x.view(60, 17, 3), torch.from_numpy(sample))
    assert graph.y.tolist() == [[1]]
    assert (graph.subject, graph.name) == ("child0", "child0")
    frame, keypoint = graph.edge_index // 17, graph.edge_index % 17
    bones = graph.edge_type == 0
    assert (frame[0] == frame[1])[bones].all()
    assert (keypoint[0] == keypoint[1])[~bones].all()
    assert (frame[0] - frame[1]).abs()[~bones].eq(1).all()
    assert int(bones.sum()) == 60 * 36
    assert int((~bones).sum()) == 2 * 59 * 17
    assert graph.is_undirected()
    assert not graph.has_self_loops()
    assert graph.validate()


def test_nodes_are_keypoints() -> None:
    walk = trial()
    graph = to_pyg(walk, time="features", skeleton="body25", task=GMFCS)
    assert graph.x.shape == (25, 180)
    assert graph.y.tolist() == [[-1]]
    again = to_pyg(walk, time="features", skeleton="body25", frames=60)
    assert torch.allclose(again.x, graph.x, atol=1e-6)
    assert to_pyg(walk, time="features", frames=124).x.shape == (17, 372)


def test_streams() -> None:
    bone = to_pyg(trial(), stream="bone").x.view(60, 17, 3)
    joint = to_pyg(trial()).x.view(60, 17, 3)
    assert torch.allclose(bone[:, 15, :2], joint[:, 15, :2] - joint[:, 13, :2], atol=1e-6)


def test_a_data_set_and_its_loader() -> None:
    from torch_geometric.loader import DataLoader
    from torch_geometric.nn import GCNConv, global_mean_pool

    data = PoseGraphs([trial(n, 1 + n, gmfcs=level) for n, level in enumerate(("I", "III", "IV"))], task=GMFCS)
    assert len(data) == 3
    assert data.subjects == ["child0", "child1", "child2"]
    batch = next(iter(DataLoader(data, batch_size=3)))
    assert batch.y.ravel().tolist() == [0, 2, 3]
    assert batch.x.shape == ((30 + 60 + 90) * 17, 3)
    out = global_mean_pool(GCNConv(3, 4)(batch.x, batch.edge_index), batch.batch)
    assert out.shape == (3, 4)
    assert np.isfinite(out.detach().numpy()).all()
    assert [g.name for g in data[[2, 0]]] == ["child2", "child0"]


def test_refusals() -> None:
    with pytest.raises(SkelgaitError, match=r"there is no way 'edges' to put time into a graph\. Expected: nodes or features"):
        to_pyg(trial(), time="edges")
    with pytest.raises(SkelgaitError, match="a walk needs frames"):
        to_pyg(trial(), frames=0)
    with pytest.raises(SkelgaitError, match="trial 'child0' has no frontal pose"):
        to_pyg(trial(), plane="frontal")
    with pytest.raises(SkelgaitError, match=r"walks of different length have features of different size.*frames="):
        PoseGraphs([trial(0, 1), trial(1, 2)], time="features")
    with pytest.raises(SkelgaitError, match="there are no trials"):
        PoseGraphs([])
