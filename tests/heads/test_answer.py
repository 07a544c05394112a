from __future__ import annotations

import pytest
import torch

from skelgait.heads.answer import Nominal, Ordinal, cumulative_link
from skelgait.heads.fusion import Fused


def fused(n: int = 4, tokens: int = 6, width: int = 16, hidden: int = 2) -> Fused:
    torch.manual_seed(0)
    mask = torch.ones(n, tokens, dtype=torch.bool)
    mask[:, tokens - hidden :] = False
    return Fused(torch.randn(n, width), torch.randn(n, tokens, width), mask)


@pytest.mark.parametrize("kind", [Nominal, Ordinal])
@pytest.mark.parametrize(("n_items", "n_levels"), [(1, 2), (1, 4), (34, 3)])
@pytest.mark.parametrize("settings", [{}, {"hidden": 8, "dropout": 0.5}])
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
