from __future__ import annotations

import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.heads.fusion import Concat, CrossAttention, Gated, NoFusion, masked_mean

WIDTHS = (12, 8)


def streams(n: int = 3, lengths: tuple[int, int] = (7, 5), seed: int = 0) -> list:
    generator = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(n, tokens, width, generator=generator), torch.ones(n, tokens, dtype=torch.bool))
        for tokens, width in zip(lengths, WIDTHS, strict=True)
    ]


def padded(given: list, extra: int = 4) -> list:
    return [
        (torch.cat([v, torch.full((len(v), extra, v.shape[2]), 99.0)], 1), torch.cat([m, m.new_zeros(len(m), extra)], 1))
        for v, m in given
    ]


KINDS = [
    (Concat, {}),
    (Gated, {}),
    *[(CrossAttention, {"direction": d, "over": o}) for d in ("both", "first", "rest") for o in ("tokens", "pooled")],
    (CrossAttention, {"residual": False}),
]


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_shapes_and_padding_changes_nothing(kind: type, settings: dict) -> None:
    torch.manual_seed(0)
    fusion = kind(WIDTHS, width=16, **settings).eval()
    plain, more = fusion(streams()), fusion(padded(streams()))
    assert plain.feature.shape == (3, 16)
    assert plain.values.shape[::2] == (3, 16)
    assert torch.allclose(plain.feature, more.feature, atol=1e-5)
    assert torch.allclose(plain.values[plain.mask], more.values[more.mask], atol=1e-5)
    fusion.train()(streams()).feature.sum().backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in fusion.parameters())


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_every_stream_reaches_the_feature(kind: type, settings: dict) -> None:
    torch.manual_seed(0)
    fusion, given = kind(WIDTHS, width=16, **settings).eval(), streams()
    before = fusion(given).feature
    for s in range(2):
        changed = [(v + (i == s), m) for i, (v, m) in enumerate(given)]
        assert not torch.allclose(fusion(changed).feature, before)


def test_cross_attention_is_scaled_dot_product_attention_by_hand() -> None:
    torch.manual_seed(1)
    fusion = CrossAttention((8, 8), width=8, heads=1, direction="first", residual=False).eval()
    a, b = torch.randn(2, 4, 8), torch.randn(2, 3, 8)
    masks = [torch.ones(2, 4, dtype=torch.bool), torch.tensor([[True, True, True], [True, False, True]])]
    fused = fusion([(a, masks[0]), (b, masks[1])])
    attention = fusion.ask["0"]
    q_w, k_w, v_w = attention.in_proj_weight.chunk(3)
    q_b, k_b, v_b = attention.in_proj_bias.chunk(3)
    for n in range(2):
        query = fusion.before[0](a[n]) @ q_w.T + q_b
        known = fusion.before[1](b[n])[masks[1][n]]
        weights = (query @ (known @ k_w.T + k_b).T / 8**0.5).softmax(-1)
        by_hand = fusion.after["0"](attention.out_proj(weights @ (known @ v_w.T + v_b)))
        assert torch.allclose(fused.values[n, :4], by_hand + fusion.stream[0], atol=1e-5)


def test_attention_weights_are_kept_when_asked_for_and_sum_to_one() -> None:
    fusion = CrossAttention(WIDTHS, width=16).eval()
    fusion(streams())
    assert not fusion.weights
    fusion.keep_weights = True
    fusion(streams())
    assert fusion.weights[0].shape == (3, 7, 5)
    assert torch.allclose(fusion.weights[1].sum(-1), torch.ones(3, 5), atol=1e-5)


def test_a_walk_whose_other_stream_says_nothing_still_gets_an_answer() -> None:
    fusion, given = CrossAttention(WIDTHS, width=16).eval(), streams()
    given[1][1][0] = False
    assert torch.isfinite(fusion(given).feature).all()


def test_gates_sum_to_one_over_streams() -> None:
    fusion = Gated(WIDTHS, width=16)
    fusion(streams())
    assert torch.allclose(fusion.gates.sum(1), torch.ones(3, 16), atol=1e-5)


def test_one_encoder_needs_no_fusion_and_several_do() -> None:
    fusion = NoFusion((12,))
    values, mask = streams()[0]
    assert torch.equal(fusion([(values, mask)]).feature, masked_mean(values, mask))
    with pytest.raises(SkelgaitError, match=r"cannot join 2 encoders.*concat"):
        NoFusion(WIDTHS)
    with pytest.raises(SkelgaitError, match=r"cannot join 1 encoder[^s].*several"):
        CrossAttention((12,))
    with pytest.raises(SkelgaitError, match="no direction 'left'"):
        CrossAttention(WIDTHS, direction="left")
    with pytest.raises(SkelgaitError, match="do not divide"):
        CrossAttention(WIDTHS, width=16, heads=3)
