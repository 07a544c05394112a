from __future__ import annotations

from copy import deepcopy
from itertools import product
from math import exp, log
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from skelgait.core.errors import SkelgaitError
from skelgait.training.objectives.base import turn_back
from skelgait.training.objectives.mean_teacher import MeanTeacher
from skelgait.training.objectives.supervised import Supervised
from skelgait.training.objectives.triplet import Triplet


def log_probs(n: int, items: int, levels: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, items, levels, generator=torch.Generator().manual_seed(seed)).log_softmax(-1)


def network(items: int = 1, levels: int = 3) -> SimpleNamespace:
    return SimpleNamespace(answer=SimpleNamespace(n_items=items, n_levels=levels))


# supervised


def test_the_loss_is_the_mean_over_known_answers_only() -> None:
    said, codes = log_probs(3, 2, 3), torch.tensor([[0, -1], [2, 1], [-1, -1]])
    by_hand = -(said[0, 0, 0] + said[1, 0, 2] + said[1, 1, 1]) / 3
    assert torch.isclose(Supervised().of(said, codes), by_hand)
    assert Supervised().of(said, torch.full((3, 2), -1)) == 0


def test_unknown_answers_have_no_gradient_even_where_the_model_is_certain() -> None:
    raw = torch.tensor([[[0.0, -1e4]], [[0.5, 0.2]]], requires_grad=True)
    Supervised(focal=2.0).of(raw.log_softmax(-1), torch.tensor([[-1], [0]])).backward()
    assert (raw.grad[0] == 0).all()
    assert torch.isfinite(raw.grad).all()


@pytest.mark.parametrize("focal", [0.5, 2.0])
def test_certain_answers_that_are_right_have_a_finite_gradient(focal: float) -> None:
    raw = torch.tensor([[[1e4, 0.0]]], requires_grad=True)
    Supervised(focal=focal).of(raw.log_softmax(-1), torch.tensor([[0]])).backward()
    assert torch.isfinite(raw.grad).all()


def test_smoothing_is_torchs_and_focal_is_by_hand() -> None:
    said, codes = log_probs(5, 1, 4), torch.tensor([[0], [1], [2], [3], [1]])
    theirs = nn.functional.cross_entropy(said[:, 0], codes[:, 0], label_smoothing=0.1)
    assert torch.isclose(Supervised(smoothing=0.1).of(said, codes), theirs)
    p = said[:, 0].gather(1, codes).squeeze().exp()
    assert torch.isclose(Supervised(focal=2.0).of(said, codes), (-((1 - p) ** 2) * p.log()).mean())


def test_balanced_weights_are_scikit_learns() -> None:
    codes = torch.tensor([[0], [0], [0], [1], [2], [2]])
    objective = Supervised(class_weights="balanced")
    objective.begin(network(), codes)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=codes[:, 0].numpy())
    assert np.allclose(objective.level_weight[0], theirs)
    said = log_probs(6, 1, 3)
    ours, reference = objective.of(said, codes), nn.functional.nll_loss(said[:, 0], codes[:, 0], torch.tensor(theirs).float())
    assert torch.isclose(ours, reference)


def test_what_cannot_be_learnt_from_is_refused() -> None:
    with pytest.raises(SkelgaitError, match="no walk has a known answer"):
        Supervised().begin(network(), torch.full((4, 1), -1))
    with pytest.raises(SkelgaitError, match="class weights do not fit"):
        Supervised(class_weights=[1, 2]).begin(network(), torch.zeros(4, 1, dtype=torch.long))
    with pytest.raises(SkelgaitError, match="unknown class weights"):
        Supervised(class_weights="balance")


def test_answers_of_a_mirrored_view_are_turned_back() -> None:
    said = log_probs(2, 4, 2)
    mirror = torch.tensor([2, 3, 0, 1])
    back = torch.stack([mirror, torch.arange(4)])
    turned = turn_back(said, back)
    assert torch.equal(turned[0], said[0, mirror])
    assert torch.equal(turned[1], said[1])
    codes = torch.tensor([[0, 1, -1, 1]])
    objective = Supervised()
    batch = SimpleNamespace(codes=codes)
    one = SimpleNamespace(log_probs=said[:1], parts=None)
    value = objective.value([one], [], batch, [mirror[None]], 0.0)
    assert torch.isclose(value, objective.of(turn_back(said[:1], mirror[None]), codes))


def test_parts_that_answer_each_for_itself_are_each_asked() -> None:
    parts, codes = (
        torch.stack([log_probs(4, 2, 3, seed) for seed in range(5)], 1),
        torch.tensor([[0, -1], [2, 1], [-1, -1], [1, 0]]),
    )
    objective = Supervised(smoothing=0.1)
    own = torch.arange(2).expand(4, 2)
    said = SimpleNamespace(log_probs=log_probs(4, 2, 3), parts=parts)
    value = objective.value([said], [], SimpleNamespace(codes=codes), [own], 0.0)
    by_hand = torch.stack([objective.of(parts[:, p], codes) for p in range(5)]).mean()
    assert torch.isclose(value, by_hand)


# mean teacher


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(2)
        self.out = nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(log_probs=self.out(self.norm(x)).log_softmax(-1)[:, None])


def test_the_teacher_is_a_copy_and_then_an_average_by_hand() -> None:
    torch.manual_seed(0)
    student, objective = Tiny(), MeanTeacher(decay=0.9)
    objective.begin(student, torch.zeros(1, 1))
    start = deepcopy(student.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(objective.teacher.parameters(), student.parameters(), strict=True))
    with torch.no_grad():
        student.out.weight += 1.0
        student.norm.running_mean += 2.0
    objective.after_step(student, 1)  # decay min(1 - 1/2, 0.9) = 0.5
    assert torch.allclose(objective.teacher.out.weight, start["out.weight"] + 0.5)
    assert torch.allclose(objective.teacher.norm.running_mean, torch.ones(2))
    objective.after_step(student, 99)  # min(0.99, 0.9) = 0.9
    assert torch.allclose(objective.teacher.out.weight, start["out.weight"] + 0.55)
    assert objective.predictor(student) is objective.teacher
    assert not any(p.requires_grad for p in objective.teacher.parameters())


def test_the_ramp_is_the_published_one() -> None:
    objective = MeanTeacher(ramp_up=0.5)
    assert [objective.ramp(p) for p in (0.0, 0.25, 0.5, 1.0)] == pytest.approx([exp(-5), exp(-1.25), 1.0, 1.0])
    assert MeanTeacher(ramp_up=0.0).ramp(0.0) == 1.0


def test_the_ramp_is_counted_in_epochs_or_steps_of_the_whole_training() -> None:
    for ramp_up, ramp_in, share in ((5, "epochs", 0.25), (30, "steps", 0.15), (0.4, "share", 0.4), (400, "steps", 2.0)):
        objective = MeanTeacher(ramp_up=ramp_up, ramp_in=ramp_in)
        objective.plan(steps=200, steps_per_epoch=10)
        assert objective.ramp_share == pytest.approx(share)
        assert objective.ramp(share / 2) == pytest.approx(exp(-1.25))
    for wrong in ({"ramp_up": 5}, {"ramp_in": "hours"}, {"decay": 1.0}, {"threshold": 2}, {"cost": "mae"}, {"buffers": "none"}):
        with pytest.raises(SkelgaitError, match="mean_teacher"):
            MeanTeacher(**wrong)


def test_a_pseudo_label_is_what_the_teacher_holds_likeliest() -> None:
    student = torch.tensor([[[0.2, 0.8]], [[0.5, 0.5]], [[0.3, 0.7]]]).log()
    teacher = torch.tensor([[[0.95, 0.05]], [[0.6, 0.4]], [[0.1, 0.9]]]).log()
    assert MeanTeacher(cost="label").distance(student, teacher).item() == pytest.approx(-log(0.2 * 0.5 * 0.7) / 3, rel=1e-5)
    sure = MeanTeacher(cost="label", threshold=0.9).distance(student, teacher).item()
    assert sure == pytest.approx(-log(0.2 * 0.7) / 3, rel=1e-5)  # a mean over all, sure or not
    assert MeanTeacher(cost="label", threshold=0.99).distance(student, teacher).item() == 0


@pytest.mark.parametrize("cost", ["mse", "kl"])
def test_steps_of_student_and_teacher_by_hand(cost: str) -> None:
    """Likelihood of the labelled walks and consistency of all, ten steps, with nothing of ours in the loop by hand."""
    torch.manual_seed(1)
    steps, rate, decay, weight, ramp = 10, 0.5, 0.8, 3.0, 0.6
    x = torch.randn(steps, 6, 2)
    other = x + 0.3 * torch.randn(steps, 6, 2)
    codes = torch.tensor([[0], [2], [1], [-1], [-1], [-1]])
    own = torch.zeros(6, 1, dtype=torch.long)
    student = nn.Linear(2, 3)
    hand, hand_teacher = ([p.detach().clone() for p in student.parameters()] for _ in range(2))

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.out = student

        def forward(self, x: torch.Tensor) -> SimpleNamespace:
            return SimpleNamespace(log_probs=self.out(x).log_softmax(-1)[:, None], parts=None)

    whole, objective, supervised = Whole(), MeanTeacher(weight, decay, ramp, cost), Supervised()
    objective.begin(whole, codes)
    objective.plan(steps, 5)
    optimizer = torch.optim.SGD(whole.parameters(), rate)
    for step in range(steps):
        optimizer.zero_grad()
        said, batch = [whole(x[step])], SimpleNamespace(codes=codes)
        loss = supervised.value(said, [], batch, [own], step / steps)
        loss = loss + objective.weight * objective.value(said, [x[step], other[step]], batch, [own, own], step / steps)
        loss.backward()
        optimizer.step()
        objective.after_step(whole, step + 1)

        w, b = (p.requires_grad_() for p in hand)
        p = (x[step] @ w.T + b).softmax(-1)
        q = (other[step] @ hand_teacher[0].T + hand_teacher[1]).softmax(-1)
        likelihood = -(p[0, 0].log() + p[1, 2].log() + p[2, 1].log()) / 3
        apart = ((p - q) ** 2).sum() / 6 if cost == "mse" else (q * (q.log() - p.log())).sum() / 6
        by_hand = likelihood + weight * exp(-5 * (1 - min(1.0, step / steps / ramp)) ** 2) * apart
        assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)
        gradients = torch.autograd.grad(by_hand, (w, b))
        hand = [(value - rate * gradient).detach() for value, gradient in zip((w, b), gradients, strict=True)]
        keep = min(1 - 1 / (step + 2), decay)
        hand_teacher = [keep * old + (1 - keep) * new for old, new in zip(hand_teacher, hand, strict=True)]
        for ours, theirs in zip(objective.teacher.parameters(), hand_teacher, strict=True):
            assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("cost", ["mse", "kl"])
def test_the_consistency_by_hand(cost: str) -> None:
    student, teacher = log_probs(2, 1, 2, 1), log_probs(2, 1, 2, 2)
    total = 0.0
    for b, level in product(range(2), range(2)):
        s, t = student[b, 0, level].item(), teacher[b, 0, level].item()
        total += (exp(s) - exp(t)) ** 2 if cost == "mse" else exp(t) * (t - s)
    assert MeanTeacher(cost=cost).distance(student, teacher).item() == pytest.approx(total / 2, rel=1e-5)
    assert MeanTeacher(cost=cost).distance(student, student).item() == pytest.approx(0, abs=1e-7)


def test_only_sure_teachers_count_above_a_threshold() -> None:
    student = torch.tensor([[[0.5, 0.5]], [[0.5, 0.5]]]).log()
    teacher = torch.tensor([[[0.6, 0.4]], [[0.99, 0.01]]]).log()
    assert MeanTeacher(threshold=0.9).distance(student, teacher).item() == pytest.approx(2 * 0.49**2 / 2, rel=1e-4)


@pytest.mark.parametrize(("buffers", "moves"), [("average", False), ("own", True)])
def test_the_teachers_statistics_are_the_setting(buffers: str, moves: bool) -> None:
    objective, student = MeanTeacher(buffers=buffers), Tiny()
    objective.begin(student, torch.zeros(1, 1))
    objective.train()
    x = torch.randn(8, 2) + 3
    own = torch.zeros(8, 1, dtype=torch.long)
    objective.value([student(x)], [x, x], None, [own, own], 1.0)
    assert bool((objective.teacher.norm.running_mean != 0).any()) is moves


# triplet


def loop_triplet(embedding: torch.Tensor, name: torch.Tensor, margin: float, squared: bool) -> float:
    values = []
    for part in embedding.transpose(0, 1):
        terms = []
        for a, p, n in product(range(len(name)), repeat=3):
            if a == p or name[a] != name[p] or name[a] == name[n]:
                continue
            dp, dn = ((part[a] - part[p]) ** 2).sum().item(), ((part[a] - part[n]) ** 2).sum().item()
            value = margin + (dp if squared else dp**0.5) - (dn if squared else dn**0.5)
            if value > 0:
                terms.append(value)
        values.append(sum(terms) / max(1, len(terms)))
    return sum(values) / len(values)


@pytest.mark.parametrize("squared", [False, True])
def test_triplets_against_a_loop(squared: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    embedding, name = torch.randn(7, 3, 4, generator=generator) * 0.3, torch.tensor([0, 0, 1, 1, 1, 2, 3])
    ours = Triplet(margin=0.2, squared=squared).of(embedding, name).item()
    assert ours == pytest.approx(loop_triplet(embedding, name, 0.2, squared), rel=1e-4)


def test_half_precision_does_not_reach_into_the_distances() -> None:
    embedding = 3 + 0.05 * torch.randn(8, 2, 64, generator=torch.Generator().manual_seed(0))
    name = torch.arange(4).repeat_interleave(2)
    grads = []
    for half in (False, True):
        given = embedding.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            value = Triplet(over="tokens").of(given, name)
        value.backward()
        assert value.item() == pytest.approx(loop_triplet(embedding, name, 0.2, False), rel=1e-3)
        grads.append(given.grad)
    assert torch.equal(*grads)


def test_equal_embeddings_have_a_finite_gradient_and_no_triplets_none() -> None:
    embedding = torch.ones(4, 1, 3, requires_grad=True)
    value = Triplet().of(embedding, torch.tensor([0, 0, 1, 1]))
    value.backward()
    assert value.item() == pytest.approx(0.2)
    assert torch.isfinite(embedding.grad).all()
    assert Triplet().of(embedding, torch.tensor([0, 1, 2, 3])).item() == 0
    assert Triplet().of(embedding, torch.zeros(4)).item() == 0


@pytest.mark.parametrize("squared", [False, True])
def test_tokens_that_are_padding_are_compared_with_none(squared: bool) -> None:
    generator = torch.Generator().manual_seed(4)
    embedding, name = torch.randn(7, 4, 5, generator=generator) * 0.3, torch.tensor([0, 0, 0, 1, 1, 2, 2])
    mask = torch.ones(7, 4, dtype=torch.bool)
    mask[[0, 5], 2] = mask[:, 3] = False  # the third token of two walks, the fourth of all
    embedding[~mask] = 99.0
    parts = [embedding[mask[:, p], p : p + 1] for p in range(3)]
    by_hand = np.mean([loop_triplet(part, name[mask[:, p]], 0.2, squared) for p, part in enumerate(parts)])
    objective = Triplet(over="tokens", squared=squared)
    assert objective.of(embedding, name, mask).item() == pytest.approx(by_hand, rel=1e-4)
    one = SimpleNamespace(fused=SimpleNamespace(values=embedding, mask=mask))
    batch = SimpleNamespace(subject=name, codes=None)
    assert objective.value([one], [], batch, [], 0.0).item() == pytest.approx(by_hand, rel=1e-4)
    embedding[~mask] = torch.nan
    given = embedding.requires_grad_()
    objective.of(given, name, mask).backward()
    assert torch.isfinite(given.grad).all()


def test_unknown_levels_are_left_out() -> None:
    objective = Triplet(alike="level")
    feature = torch.randn(4, 3)
    one = SimpleNamespace(fused=SimpleNamespace(feature=feature))
    batch = SimpleNamespace(codes=torch.tensor([[0], [0], [1], [-1]]), subject=None)
    kept = objective.of(feature[:3, None], torch.tensor([0, 0, 1]))
    assert torch.isclose(objective.value([one], [], batch, [], 0.0), kept)


def test_log_of_the_uniform_answer() -> None:
    uniform = torch.full((2, 1, 4), 0.25).log()
    assert Supervised().of(uniform, torch.tensor([[0], [3]])).item() == pytest.approx(log(4))
