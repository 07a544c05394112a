from __future__ import annotations

import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.heads.answer import BNNeck, Nominal, Ordinal, cumulative_link
from skelgait.heads.fusion import Fused


def fused(n: int = 4, tokens: int = 6, width: int = 16, hidden: int = 2) -> Fused:
    torch.manual_seed(0)
    mask = torch.ones(n, tokens, dtype=torch.bool)
    mask[:, tokens - hidden :] = False
    return Fused(torch.randn(n, width), torch.randn(n, tokens, width), mask)


@pytest.mark.parametrize(("n_items", "n_levels"), [(1, 2), (1, 4), (34, 3)])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Nominal, {}),
        (Nominal, {"hidden": 8, "dropout": 0.5}),
        (Ordinal, {}),
        (Ordinal, {"hidden": 8, "dropout": 0.5}),
        (BNNeck, {}),
        (BNNeck, {"parts": 6}),
    ],
)
def test_answers_are_log_probabilities_that_sum_to_one(kind: type, n_items: int, n_levels: int, settings: dict) -> None:
    log_probs = kind(16, n_items, n_levels, **settings).eval()(fused())
    assert log_probs.shape == (4, n_items, n_levels)
    assert torch.allclose(log_probs.exp().sum(-1), torch.ones(4, n_items), atol=1e-5)


@pytest.mark.parametrize("kind", [Nominal, Ordinal])
def test_items_do_not_look_at_padding(kind: type) -> None:
    head, given = kind(16, 5, 3).eval(), fused()
    elsewhere = torch.where(given.mask[..., None], given.values, 1e3)
    assert torch.allclose(head(given), head(given._replace(values=elsewhere)), atol=1e-6)
    assert torch.allclose(head.looked.sum(-1), torch.ones(4, 5), atol=1e-5)


def test_cumulative_link_is_differences_of_sigmoids_and_stays_finite_far_out() -> None:
    cuts = torch.tensor([[-1.0, 0.5, 2.0]], dtype=torch.float64)
    score = torch.tensor([[0.3], [-2.0]], dtype=torch.float64)
    edges = torch.sigmoid(cuts - score)
    by_hand = torch.diff(torch.cat([torch.zeros(2, 1), edges, torch.ones(2, 1)], 1), dim=1)
    assert torch.allclose(cumulative_link(score, cuts).exp()[:, 0], by_hand, atol=1e-12)
    far = torch.tensor([[60.0], [-60.0]], requires_grad=True)
    out = cumulative_link(far, cuts.float())
    assert torch.isfinite(out).all()
    out.sum().backward()
    assert torch.isfinite(far.grad).all()


def test_a_higher_score_means_a_higher_level_and_cuts_stay_in_order() -> None:
    head = Ordinal(16, 1, 4)
    with torch.no_grad():
        head.steps.copy_(torch.tensor([[-9.0, 3.0]]))
    assert (torch.diff(head.cuts) > 0).all()
    levels = torch.arange(4.0)
    mean = [(cumulative_link(torch.tensor([[s]]), head.cuts).exp() * levels).sum().item() for s in (-3.0, 0.0, 3.0)]
    assert mean == sorted(mean)


def test_an_ordinal_head_starts_balanced() -> None:
    head = Ordinal(16, 1, 4)
    assert torch.allclose(head.cuts, torch.tensor([[-2.0, 0.0, 2.0]]), atol=1e-5)


# the angle to each level's direction


@pytest.mark.parametrize("parts", [1, 6])
def test_bnneck_is_the_cosine_by_hand_in_training_and_in_use(parts: int) -> None:
    head, given = BNNeck(16, 2, 3, parts=parts), fused(hidden=0)
    features = given.feature[:, None] if parts == 1 else given.values
    flat = features.transpose(1, 2).reshape(4, -1)  # all widths of all parts side by side, the part running fastest
    for train in (True, False):
        head.train(train)
        said, by_part = head.by_part(given)
        mean, var = (flat.mean(0), flat.var(0, unbiased=False)) if train else (head.norm.running_mean, head.norm.running_var)
        normed = ((flat - mean) / (var + 1e-5).sqrt() * head.norm.weight + head.norm.bias).reshape(4, 16, parts)
        logits = torch.empty(4, parts, 2, 3)
        for b in range(4):
            for p in range(parts):
                for i in range(2):
                    for level in range(3):
                        direction = head.weight[p, :, 3 * i + level]
                        logits[b, p, i, level] = 16 * torch.cosine_similarity(normed[b, :, p], direction, dim=0)
        assert torch.allclose(by_part, logits.log_softmax(-1), atol=1e-4)
        assert torch.allclose(said, logits.mean(1).log_softmax(-1), atol=1e-4)


def test_bnneck_with_other_than_its_parts_is_refused() -> None:
    with pytest.raises(SkelgaitError, match="bnneck has 16 parts, and the walk has 6 tokens"):
        BNNeck(16, 1, 3, parts=16)(fused())


def test_bnneck_does_not_learn_from_one_walk_alone() -> None:
    fused = Fused(torch.ones(1, 8), torch.ones(1, 4, 8), torch.ones(1, 4, dtype=torch.bool))
    head = BNNeck(8, 1, 3, parts=4)
    with pytest.raises(SkelgaitError, match="learns from two walks or more at a time"):
        head(fused)
    assert head.eval()(fused).shape == (1, 1, 3)
