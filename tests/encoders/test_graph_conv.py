from __future__ import annotations

import copy
import pickle
import sys

import pytest
import torch

from skelgait.core.errors import NotInstalled, SkelgaitError
from skelgait.encoders.graph_conv import GraphConv
from skelgait.encoders.layers.message_passing import find_operator

pytest.importorskip("torch_geometric")
OPERATORS = {
    "GCNConv": {},
    "gat": {"heads": 2},
    "GATv2": {"heads": 2, "concat": False},
    "cheb": {},
    "GraphConv": {},
    "sage": {},
    "TransformerConv": {},
}


def batch(*lengths: int, keypoints: int = 17) -> dict[str, torch.Tensor]:
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    pose = torch.randn(len(lengths), max(lengths), keypoints, 3, generator=torch.Generator().manual_seed(0))
    return {"pose": pose * mask[..., None, None], "mask": mask}


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators_learn_and_see_no_padding(operator: str) -> None:
    encoder = GraphConv(operator=operator, operator_settings=OPERATORS[operator], stages=(6, 12))
    inputs = batch(15, 8)
    encoder.train()(inputs).values.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())
    encoder.eval()
    with torch.no_grad():
        together = encoder(inputs)
        alone = encoder({"pose": inputs["pose"][1:, :8], "mask": inputs["mask"][1:, :8]})
    assert together.grid == (8, 17)
    assert torch.allclose(together.values[1][together.mask[1]], alone.values[0], atol=1e-5)


def test_a_batch_of_frames_or_one_large_graph() -> None:
    """The same numbers whichever way an operator is given its frames."""
    encoder = GraphConv(operator="GCNConv", stages=(6,)).eval()
    spatial = encoder.stages[0].spatial
    assert spatial.takes_batches
    inputs = batch(5)
    with torch.no_grad():
        first = encoder(inputs).values
        spatial.takes_batches = False
        assert torch.allclose(encoder(inputs).values, first, atol=1e-6)
    assert not GraphConv(operator="GATConv", stages=(6,)).stages[0].spatial.takes_batches


def test_gcn_is_its_formula() -> None:
    encoder = GraphConv(operator="gcn", stages=(5,))
    spatial = encoder.stages[0].spatial
    graph = torch.eye(17)
    graph[tuple(encoder.edges)] = 1
    normal = graph / graph.sum(0).sqrt()[:, None] / graph.sum(0).sqrt()[None]
    x = torch.randn(3, 17, 3)
    wanted = torch.einsum("vw,nvc,oc->nwo", normal, x, spatial.operator.lin.weight) + spatial.operator.bias
    assert torch.allclose(spatial.operator(x, encoder.edges), wanted, atol=1e-5)


def test_building_it_leaves_the_random_numbers_of_others_alone() -> None:
    def after(operator: str) -> torch.Tensor:
        torch.manual_seed(0)
        GraphConv(operator=operator, operator_settings={"dropout": 0.5} if operator == "gat" else {}, stages=(4,))
        return torch.rand(1)

    assert torch.equal(after("gat"), after("gat"))


@pytest.mark.parametrize("operator", ["GCNConv", "GATConv"])
def test_it_copies_and_saves(operator: str) -> None:
    encoder = GraphConv(operator=operator, stages=(4, 8), skeleton="body25", branches=False).eval()
    inputs = batch(9, keypoints=25)
    wanted = encoder(inputs).values
    for other in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        assert torch.equal(other(inputs).values, wanted)
    fresh = GraphConv(operator=operator, stages=(4, 8), skeleton="body25").eval()
    fresh.load_state_dict(encoder.state_dict())
    assert torch.equal(fresh(inputs).values, wanted)


def test_half_precision() -> None:
    encoder = GraphConv(operator="GATConv", stages=(6, 12), branches=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        encoder(batch(8)).values.square().mean().backward()
    assert all(p.grad.isfinite().all() for p in encoder.parameters())


def test_bones_can_be_explained() -> None:
    """torch_geometric's own explanations: one weight a bone, whichever frame it is in."""
    from torch_geometric.explain import Explainer, GNNExplainer

    class Door(torch.nn.Module):
        def __init__(self, encoder: GraphConv) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, x: torch.Tensor, edge_index: torch.Tensor, frames: int) -> torch.Tensor:
            pose = x.view(17, frames, 3).transpose(0, 1)[None]
            return self.encoder({"pose": pose, "mask": torch.ones(1, frames, dtype=torch.bool)}).mean()

    torch.manual_seed(0)
    encoder = GraphConv(operator="GraphConv", stages=(6, 6)).eval()
    explainer = Explainer(
        Door(encoder),
        algorithm=GNNExplainer(epochs=3),
        explanation_type="model",
        node_mask_type="object",
        edge_mask_type="object",
        model_config={"mode": "multiclass_classification", "task_level": "graph", "return_type": "raw"},
    )
    pose = batch(7)["pose"][0]
    found = explainer(pose.transpose(0, 1).flatten(1), encoder.edges, frames=7)
    assert found.edge_mask.shape == (encoder.edges.shape[1],)
    assert (found.edge_mask > 0).any()


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SkelgaitError, match=r"torch_geometric has no operator 'GCNNConv'.*did you mean 'GCNConv'\?"):
        find_operator("GCNNConv")
    with pytest.raises(SkelgaitError, match="GCNConv cannot be built with these settings"):
        GraphConv(operator="gcn", operator_settings={"kernel": 3}, stages=(4,))
    with pytest.raises(SkelgaitError, match="4 heads do not share a stage of width 6"):
        GraphConv(operator="gat", operator_settings={"heads": 4}, stages=(6,))
    with pytest.raises(SkelgaitError, match="PointNetConv"):
        GraphConv(operator="PointNetConv", stages=(4,))
    monkeypatch.setitem(sys.modules, "torch_geometric.nn", None)
    with pytest.raises(NotInstalled, match=r"graph_conv needs torch_geometric.*pip install"):
        GraphConv(stages=(4,))
