"""The layers against plain arithmetic: what padding must not change, and gradients written by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import BODY25, COCO17, WHOLEBODY133
from skelgait.encoders.graph import adjacency
from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.branches import MultiBranchTemporalConv
from skelgait.encoders.layers.frames import Frames
from skelgait.encoders.layers.mixing import mix
from skelgait.encoders.layers.spatial import SpatialGraphConv


def ragged(*lengths: int) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_take_and_spread_are_inverse_and_their_gradients_too() -> None:
    frames = Frames.of(ragged(4, 2, 1))
    x = torch.randn(3, 4, 2, dtype=torch.double, requires_grad=True)
    assert torch.equal(frames.spread(frames.take(x)), x * frames.mask[..., None])
    assert torch.autograd.gradcheck(frames.take, x)
    assert torch.autograd.gradcheck(lambda y: frames.spread(y[:7].reshape(7, 1)), x.detach().flatten().requires_grad_())
    whole = Frames.of(ragged(3, 3))
    assert whole.rows is None
    assert whole.every(2).mask.shape == (2, 2)


@pytest.mark.parametrize("rectify", [False, True])
def test_norm_of_a_padded_batch_is_that_of_its_real_frames(rectify: bool) -> None:
    mask = ragged(7, 4, 5)
    x = torch.randn(3, 7, 2, 6) * 3 + 1
    ours, plain = FrameNorm(6), nn.BatchNorm1d(6)
    with torch.no_grad():
        ours.norm.weight.uniform_(0.5, 2)
        plain.load_state_dict(ours.norm.state_dict())
    x[~mask] = 1e6  # whatever stands in the padding
    frames = Frames.of(mask)
    for _ in range(2):
        found = ours(x, frames, rectify=rectify)
        wanted = plain(x[mask].reshape(-1, 6)).view(-1, 2, 6)
    wanted = F.relu(wanted) if rectify else wanted
    assert torch.allclose(found[mask], wanted, atol=1e-6)
    assert torch.equal(found[~mask], torch.zeros_like(found[~mask]))
    assert torch.equal(ours.norm.running_mean, plain.running_mean)
    assert torch.equal(ours.norm.running_var, plain.running_var)
    ours.eval()
    scale, shift = ours.affine()
    again = ours(x, frames)
    assert torch.allclose(again[mask], x[mask] * scale + shift, atol=1e-5)


@pytest.mark.parametrize("skeleton", [COCO17, BODY25, WHOLEBODY133], ids=lambda s: s.name)
@pytest.mark.parametrize("sparse", [False, True])
def test_mix_is_the_einsum_and_so_are_its_gradients(skeleton, sparse: bool) -> None:
    pattern = torch.from_numpy(adjacency(skeleton))
    graph = (pattern * torch.rand_like(pattern)).requires_grad_() if sparse else torch.rand_like(pattern).requires_grad_()
    x = torch.randn(2, 5, len(skeleton), 4, requires_grad=True)
    found = mix(x, graph, pattern if sparse else None)
    wanted = torch.einsum("svw,btvc->btwsc", graph, x).flatten(3)
    assert torch.allclose(found, wanted, atol=1e-5)
    weight = torch.randn_like(found)
    ours = torch.autograd.grad((found * weight).sum(), (x, graph))
    theirs = torch.autograd.grad((wanted * weight).sum(), (x, graph))
    assert torch.allclose(ours[0], theirs[0], atol=1e-5)
    where = pattern != 0 if sparse else torch.ones_like(pattern, dtype=torch.bool)
    assert torch.allclose(ours[1][where], theirs[1][where], atol=1e-4)
    assert not ours[1][~where].any()


def test_graph_convolution_in_use_is_the_one_that_was_trained() -> None:
    """Folded or not, with gradients or without: the same numbers."""
    graph = torch.from_numpy(adjacency(COCO17))
    for residual, before in ((False, 3), (True, 3), (True, 8)):
        layer = SpatialGraphConv(before, 8, graph, residual=residual)
        frames = Frames.of(ragged(6, 6))
        x = torch.randn(2, 6, 17, before)
        for _ in range(3):
            layer(x, frames)
        layer.eval()
        plain = torch.einsum(
            "nkctv,kvw->nctw",
            F.conv2d(x.permute(0, 3, 1, 2), layer.weight.reshape(24, before, 1, 1), layer.bias.flatten()).view(2, 3, 8, 6, 17),
            layer.adjacency * layer.importance,
        )
        plain = layer.norm(plain.permute(0, 2, 3, 1), frames)
        if residual:
            plain = plain + (
                x if layer.widen is None else layer.widen_norm(layer.widen(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1), frames)
            )
        assert torch.allclose(layer(x, frames), F.relu(plain), atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
def test_six_branches_in_use_are_those_that_were_trained(stride: int) -> None:
    layer = MultiBranchTemporalConv(12, 16, stride=stride)
    before = Frames.of(ragged(9, 9))
    after = before.every(stride)
    x = torch.randn(2, 9, 3, 12)
    for _ in range(3):
        layer(x, before, after)
    layer.eval()
    folded = layer(x, before, after)
    assert folded.shape == (2, 5 if stride == 2 else 9, 3, 16)

    def unfold(norm: FrameNorm, y: torch.Tensor) -> torch.Tensor:
        n = norm.norm
        return F.batch_norm(y, n.running_mean, n.running_var, n.weight, n.bias)

    columns = x.permute(0, 3, 1, 2)
    inner = F.relu(unfold(layer.enter_norm, layer.enter(columns))).split(layer.widths, dim=1)
    parts = [conv(part) for conv, part in zip(layer.spans, inner, strict=False)]
    padded = F.pad(inner[4], (0, 0, 1, 1), value=float("-inf"))
    parts.append(torch.stack([padded[:, :, i : i + 9] for i in range(3)]).amax(0)[:, :, ::stride])
    parts.append(layer.same(columns[:, :, ::stride]))
    plain = unfold(layer.norm, layer.join(F.relu(unfold(layer.join_norm, torch.cat(parts, 1))))).permute(0, 2, 3, 1)
    assert torch.allclose(folded, plain, atol=1e-5)


def test_six_branches_need_room() -> None:
    with pytest.raises(SkelgaitError, match=r"six branches need a width of six or more\. Found: a stage of width 5"):
        MultiBranchTemporalConv(5, 5)
