from __future__ import annotations

import numpy as np
import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.base import Encoder, Inputs, Sample, Tokens, pad_sequences
from skelgait.training.augment import Augmentation
from skelgait.training.batches import Walks, Window
from skelgait.training.samplers import Balanced, RandomWalks, Subjects, TwoStream


class Counting(Encoder):
    """A sample is the frame numbers."""

    inputs, axes, width = "pose", ("time",), 1

    @property
    def sequence(self) -> str:
        return "frames"

    def prepare(self, trial: object) -> Sample:
        raise NotImplementedError

    def collate(self, samples: list[Sample]) -> Inputs:
        values, mask = pad_sequences([s["frames"] for s in samples])
        return {"frames": values, "mask": mask}

    def forward(self, inputs: Inputs) -> Tokens:
        return Tokens(inputs["frames"][..., None], inputs["mask"], inputs["mask"].shape[1:])


class Drawing(Counting):
    """A step of training looks at one of the frames."""

    def draw(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return {**sample, "frames": rng.choice(sample["frames"], 1)}


def walks(frames: list[int], subjects: list[int], codes: list[int] | None = None, window: Window | None = None) -> Walks:
    samples = [{"frames": np.arange(n, dtype=np.float32), "fps": np.float32(10)} for n in frames]
    codes = np.array(codes if codes is not None else [0] * len(frames))[:, None]
    return Walks([Counting()], [samples], codes, np.array(subjects), window)


def test_windows_cover_the_whole_walk_and_a_short_walk_is_one_example() -> None:
    assert Window(12.4, 1.2).cut(5.0) == [(0.0, 5.0)]
    cuts = Window(2.0, 0.7).cut(5.1)
    assert cuts[0][0] == 0
    assert cuts[-1] == pytest.approx((3.1, 5.1))
    assert all(b - a == pytest.approx(2.0) for a, b in cuts)
    with pytest.raises(SkelgaitError, match="above zero"):
        Window(0)


def test_windows_that_are_hardly_seen_are_left_out_but_never_all_of_a_walk() -> None:
    class Late(Counting):
        def seen_share(self, sample: Sample) -> float:
            return float((sample["frames"] >= 20).mean())

    def starts(least: float) -> list[tuple[int, float]]:
        given = walks([35, 12, 22], [0, 1, 2], window=Window(2.0, 1.0, least))
        return [
            (walk, round(start, 2))
            for walk, start, _ in Walks([Late()], given.samples, given.codes, given.subjects, given.window).examples
        ]

    everything = [(0, 0.0), (0, 1.0), (0, 1.5), (1, 0.0), (2, 0.0), (2, 0.2)]
    assert starts(0.0) == everything
    assert starts(0.5) == [(0, 1.0), (0, 1.5), (1, 0.0), (2, 0.2)], "a walk of one window keeps it, another its best"
    with pytest.raises(SkelgaitError, match=r"a share.*least_seen=2"):
        Window(1.0, least_seen=2)


def test_a_batch_is_the_frames_of_its_windows_padded_and_masked() -> None:
    data = walks([35, 12], [0, 1], codes=[2, 1], window=Window(2.0, 1.0))
    assert [(w, round(a, 2)) for w, a, _ in data.examples] == [(0, 0.0), (0, 1.0), (0, 1.5), (1, 0.0)]
    batch = data.collate([2, 3])
    assert batch.inputs[0]["frames"][0].tolist() == list(range(15, 35))
    assert batch.inputs[0]["mask"].sum(1).tolist() == [20, 12]
    assert (batch.inputs[0]["frames"][1, 12:] == 0).all()
    assert batch.codes.tolist() == [[2], [1]]
    assert batch.walk.tolist() == [0, 1]


def test_every_view_of_a_batch_is_drawn_anew_where_an_encoder_draws() -> None:
    data = walks([2000] * 8, list(range(8)))
    data.encoders, data.views = [Drawing()], 3
    assert data.collate([0, 1]).others == []  # not while training
    data.rng = np.random.default_rng(0)
    batch = data.collate(list(range(8)))
    seen = [view[0]["frames"][:, 0].tolist() for view in (batch.inputs, *batch.others)]
    assert len(seen) == 3
    assert all(len(set(frames)) == 3 for frames in zip(*seen, strict=True))
    data.encoders = [Counting()]
    assert data.collate([0, 1]).others == []  # it would be the same once more


def test_any_order_sees_every_example_once_and_follows_from_the_seed() -> None:
    data = walks([10] * 13, list(range(13)))
    sampler = RandomWalks(data, 4, 0)
    first, second = list(sampler), list(sampler)
    assert sorted(i for b in first for i in b) == list(range(13))
    assert [len(b) for b in first] == [4, 4, 5], "one example alone has no batch statistics"
    assert len(sampler) == len(first)
    assert first != second
    assert list(RandomWalks(data, 4, 0)) == first
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_like_lengths_go_together() -> None:
    frames = np.random.default_rng(0).integers(10, 100, 64).tolist()
    data = walks(frames, [0] * 64)
    spread = [np.ptp([frames[i] for i in b]) for b in RandomWalks(data, 8, 0, like_lengths=True)]
    loose = [np.ptp([frames[i] for i in b]) for b in RandomWalks(data, 8, 0)]
    assert np.mean(spread) < 0.4 * np.mean(loose)


def test_processes_share_each_batch() -> None:
    data = walks([10] * 12, list(range(12)))
    whole = list(RandomWalks(data, 4, 0))
    parts = []
    for rank in range(2):
        sampler = RandomWalks(data, 4, 0)
        sampler.share(rank, 2)
        parts.append(list(sampler))
    assert [sorted(a + b) for a, b in zip(*parts, strict=True)] == [sorted(b) for b in whole]


def test_batches_of_subjects_have_p_subjects_with_k_walks() -> None:
    subjects = [0, 0, 0, 1, 1, 2, 2, 2, 3]
    data = walks([10] * 9, subjects)
    sampler = Subjects(data, 99, 0, subjects=3, walks_each=2, batches_per_epoch=4)
    for batch in sampler:
        names, counts = np.unique([subjects[i] for i in batch], return_counts=True)
        assert len(names) == 3
        assert (counts == 2).all()
    seen = {subjects[i] for b in list(sampler) for i in b}
    assert seen == {0, 1, 2, 3}
    with pytest.raises(SkelgaitError, match="two subjects or more"):
        Subjects(walks([10], [0]), 4, 0)


def test_processes_share_whole_subjects() -> None:
    subjects = [s for s in range(6) for _ in range(2)]
    data = walks([10] * 12, subjects)
    for rank in range(2):
        sampler = Subjects(data, 99, 0, subjects=4, walks_each=2)
        sampler.share(rank, 2)
        for batch in sampler:
            names, counts = np.unique([subjects[i] for i in batch], return_counts=True)
            assert len(names) == 2
            assert (counts == 2).all()
    with pytest.raises(SkelgaitError, match="two subjects or more for each process"):
        Subjects(data, 99, 0, subjects=3, walks_each=2).share(0, 2)


def test_two_streams_keep_their_share_and_pass_once_over_the_unlabelled() -> None:
    codes = [0, 1, 0] + [-1] * 10
    data = walks([10] * 13, list(range(13)), codes=codes)
    sampler = TwoStream(data, 4, 0, labelled=0.25)
    batches = list(sampler)
    assert len(batches) == len(sampler) == 4
    assert all(sum(codes[i] >= 0 for i in b) == 1 for b in batches)
    assert sorted(i for b in batches for i in b if codes[i] < 0) == list(range(3, 13))
    few = list(TwoStream(walks([10] * 9, list(range(9)), codes=[0] * 7 + [-1] * 2), 4, 0))
    assert len(few) == 4, "as many as see each labelled walk"
    assert all([i < 7 for i in b] == [True, True, False, False] for b in few)
    assert {i for b in few for i in b} == set(range(9))
    with pytest.raises(SkelgaitError, match="labelled and unlabelled"):
        TwoStream(walks([10] * 3, [0, 1, 2]), 4, 0)
    with pytest.raises(SkelgaitError, match="two walks or more"):
        TwoStream(data, 1, 0)


def sourced(sources: list[str | None], codes: list[int] | None = None) -> Walks:
    plain = walks([10] * len(sources), list(range(len(sources))), codes)
    about = [{} if source is None else {"source": source} for source in sources]
    return Walks(plain.encoders, plain.samples, plain.codes, plain.subjects, covariates=about)


def test_every_batch_has_as_much_of_each_source_or_what_is_asked() -> None:
    sources = ["clinic"] * 5 + ["public"] * 40 + ["home"] * 11
    data = sourced(sources)
    for batch_size, least in ((9, 3), (8, 2)):
        sampler = Balanced(data, batch_size, 0)
        batches = list(sampler)
        assert len(batches) == len(sampler) == 56 // batch_size
        for batch in batches:
            counts = np.unique([sources[i] for i in batch], return_counts=True)[1]
            assert len(counts) == 3
            assert least <= counts.min() <= counts.max() <= 3
    used = np.bincount([i for b in batches for i in b], minlength=56)
    assert used[:5].min() >= 3, "the smallest source is gone through again and again"
    assert used[5:45].max() == 1
    assert list(Balanced(data, 8, 0)) == batches
    thirds = list(Balanced(data, 8, 0, shares={"clinic": 2, "public": 1, "home": 1}))
    assert all(sum(i < 5 for i in b) == 4 for b in thirds)
    by_list = Balanced(walks([10] * 4, [0, 1, 2, 3]), 2, 0, by=["a", "a", "a", "b"])
    assert all(3 in batch for batch in by_list)


def test_balanced_batches_say_what_they_cannot_balance() -> None:
    with pytest.raises(SkelgaitError, match=r"source of every walk. Found: 1 of 3.*covariates"):
        Balanced(sourced(["a", None, "b"]), 2, 0)
    with pytest.raises(SkelgaitError, match=r"need two of them. Found: a"):
        Balanced(sourced(["a", "a"]), 2, 0)
    with pytest.raises(SkelgaitError, match="a share above zero"):
        Balanced(sourced(["a", "b"]), 2, 0, shares={"a": 1})
    with pytest.raises(SkelgaitError, match="a walk of each source"):
        Balanced(sourced(["a", "b", "c"]), 2, 0)
    with pytest.raises(SkelgaitError, match="do not match"):
        Balanced(sourced(["a", "b", "c"]), 2, 0, by=["a", "b"])


def test_two_streams_are_balanced_each_by_itself() -> None:
    sources = ["clinic"] * 4 + ["home"] * 2 + ["clinic"] * 3 + ["public"] * 30
    codes = [0] * 6 + [-1] * 33
    sampler = TwoStream(sourced(sources, codes), 8, 0, by="source")
    batches = list(sampler)
    assert len(batches) == len(sampler) == 9
    for batch in batches:
        assert [codes[i] for i in batch] == [0] * 4 + [-1] * 4
        assert sorted(sources[i] for i in batch[:4]) == ["clinic"] * 2 + ["home"] * 2
        assert sorted(sources[i] for i in batch[4:]) == ["clinic"] * 2 + ["public"] * 2
    one = TwoStream(sourced(["clinic"] * 3 + ["public"] * 6, [0] * 3 + [-1] * 6), 4, 0, by="source")
    assert all(len(batch) == 4 for batch in one), "a stream of one source is as it was"


def test_draws_stay_in_their_ranges_and_follow_from_the_generator() -> None:
    augmentation = Augmentation(mirror=0.5, roll_deg=10, shear=0.2, speed=0.1, scale=0.05, crop=0.6)
    draw = augmentation.draw(4000, torch.Generator().manual_seed(0))
    again = augmentation.draw(4000, torch.Generator().manual_seed(0))
    assert 0.45 < draw.mirror.float().mean() < 0.55
    assert draw.roll.abs().max() <= np.radians(10)
    assert draw.shear.abs().max() <= 0.2
    assert (draw.speed - 1).abs().max() <= 0.1
    start, length = draw.crop.T
    assert length.min() >= 0.6
    assert (start >= 0).all()
    assert (start + length <= 1 + 1e-6).all()
    assert torch.equal(draw.shear, again.shear)
    plain = Augmentation().draw(5, torch.Generator())
    assert not plain.mirror.any()
    assert (plain.crop == torch.tensor([0.0, 1.0])).all()
    assert not Augmentation().changes_anything
    with pytest.raises(SkelgaitError, match="not a share"):
        Augmentation(mirror=50)
