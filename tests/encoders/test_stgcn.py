from __future__ import annotations

import copy
import inspect
import io
import json
import pickle

import numpy as np
import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import resolve_parts
from skelgait.encoders import ENCODERS
from skelgait.encoders.stgcn import StGcn

VARIANTS = ("stgcn", "stgcn++")
SMALL = (12, 12, 24, 36)


def batch(encoder: StGcn, *lengths: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    pose = torch.randn(len(lengths), max(lengths), len(encoder.skeleton), 3, generator=generator)
    pose[..., 2] = pose[..., 2].abs().clamp(0.1, 1)
    return {"pose": pose * mask[..., None, None], "mask": mask}


def alone(inputs: dict[str, torch.Tensor], i: int) -> dict[str, torch.Tensor]:
    frames = int(inputs["mask"][i].sum())
    return {"pose": inputs["pose"][i : i + 1, :frames], "mask": inputs["mask"][i : i + 1, :frames]}


def trained(encoder: StGcn) -> StGcn:
    """With statistics and weights that are not those it was born with."""
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    for seed in range(2):
        torch.manual_seed(seed)
        encoder.train()(batch(encoder, 20, 13))
    return encoder.eval()


def test_published_sizes() -> None:
    encoder = StGcn()
    assert (encoder.width, encoder.stride, len(encoder.stages)) == (256, 4, 10)
    with torch.no_grad():
        tokens = encoder.eval()(batch(encoder, 100, 100))
    assert tokens.values.shape == (2, 425, 256)
    assert tokens.grid == (25, 17)
    assert encoder.axes == ("time", "keypoint")
    assert encoder.labels("keypoint")[:2] == ["nose", "left_eye"]
    assert encoder.labels("time") == []


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("stream", ["joint", "bone_motion"])
def test_a_walk_in_a_padded_batch_gives_what_it_gives_alone(variant: str, stream: str) -> None:
    encoder = trained(StGcn(variant=variant, stream=stream, stages=SMALL))
    inputs = batch(encoder, 41, 18, 7, 1)
    for grad in (False, True):
        with torch.set_grad_enabled(grad):
            together = encoder(inputs)
            assert not together.values[~together.mask].any()
            for i in range(4):
                one = encoder(alone(inputs, i))
                real = together.values[i][together.mask[i]]
                assert real.shape[0] == one.values.shape[1]
                assert torch.allclose(real, one.values[0], atol=1e-5), (i, grad)


def test_the_published_network_sees_no_padding_either() -> None:
    encoder = trained(StGcn())
    inputs = batch(encoder, 60, 33)
    with torch.no_grad():
        together, one = encoder(inputs), encoder(alone(inputs, 1))
    assert torch.allclose(together.values[1][together.mask[1]], one.values[0], atol=1e-5 * float(one.values.abs().max()))


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_padding_holds_and_how_long_it_is_does_not_matter_in_training(variant: str) -> None:
    """Statistics, tokens and gradients of a padded batch: the same with more padding, and with rubbish in it."""
    torch.manual_seed(0)
    first = StGcn(variant=variant, stages=SMALL).train()
    second = copy.deepcopy(first)
    inputs = batch(first, 20, 13)
    more = {"pose": torch.full((2, 27, 17, 3), 7.0), "mask": torch.zeros(2, 27, dtype=torch.bool)}
    more["pose"][:, :20], more["mask"][:, :20] = inputs["pose"], inputs["mask"]
    more["pose"][~more["mask"]] = 7.0
    one, other = first(inputs), second(more)
    assert torch.allclose(one.values[one.mask], other.values[other.mask], atol=1e-5)
    (one.values[one.mask] ** 2).mean().backward()
    (other.values[other.mask] ** 2).mean().backward()
    for (name, a), b in zip(first.named_parameters(), second.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, atol=1e-5, rtol=1e-4), name
    for (name, a), b in zip(first.named_buffers(), second.buffers(), strict=True):
        assert torch.allclose(a, b, atol=1e-6), name


def test_first_statistics_are_those_of_the_real_frames() -> None:
    encoder = StGcn(stages=(8,)).train()
    inputs = batch(encoder, 20, 13)
    encoder(inputs)
    norm = encoder.data_norm.norm
    real = inputs["pose"][inputs["mask"]].flatten(1)
    assert torch.allclose(norm.running_mean, 0.1 * real.mean(0), atol=1e-6)
    assert torch.allclose(norm.running_var, 0.9 + 0.1 * real.var(0), atol=1e-5)


def samples(*lengths: int) -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    out = []
    for frames in lengths:
        pose = np.concatenate([random.normal(0.5, 0.05, (frames, 17, 2)), np.ones((frames, 17, 1))], axis=2)
        out.append({"pose": pose.astype(np.float32), "fps": np.float32(30), "unit": np.ones(2, np.float32)})
    return out


def test_the_scale_of_the_input_is_learnt_once_and_kept() -> None:
    walks = samples(30, 50, 20)
    encoder = StGcn(stages=(8,))
    assert encoder.learned() == {"scaled": False}
    encoder.learn(walks)
    norm = encoder.data_norm.norm
    real = torch.from_numpy(np.concatenate([walk["pose"] for walk in walks])).flatten(1)
    assert torch.allclose(norm.running_mean, real.mean(0), atol=1e-6)
    place = torch.tensor([True, True, False]).repeat(17)
    assert torch.allclose(norm.running_var[place], real.var(0, unbiased=False)[place], atol=1e-6)
    # a confidence that was always 1 in training does not explode when it is 0 once
    assert norm.running_var[~place].eq(0.25**2).all()
    before = norm.running_mean.clone()
    inputs = encoder.collate(walks)
    encoder.train()(inputs)
    assert torch.equal(norm.running_mean, before)
    assert norm.weight.requires_grad
    fresh = StGcn(stages=(8,))
    fresh.relearn(encoder.learned())
    fresh.load_state_dict(encoder.state_dict())
    assert torch.equal(fresh.train()(inputs).values, encoder.train()(inputs).values)
    still = StGcn(stages=(8,), stream="joint_motion")
    still.learn(walks)
    assert still.data_norm.norm.running_var[place].max() < 0.05


def test_after_a_few_steps_it_says_in_use_what_it_said_in_training() -> None:
    """Without a scale learnt first the running variance of the input is still that of its start, and everything else off."""
    walks = samples(*[40] * 16)
    crouched = torch.arange(16) % 2
    for walk, crouch in zip(walks, crouched, strict=True):
        walk["pose"][:, 13:15, 0] += 0.08 * float(crouch)
    found = {}
    for learn in (False, True):
        torch.manual_seed(0)
        encoder, answer = StGcn(stages=(16, 32)), torch.nn.Linear(32, 2)
        if learn:
            encoder.learn(walks)
        inputs = encoder.collate(walks)
        optimiser = torch.optim.Adam([*encoder.parameters(), *answer.parameters()], lr=3e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 25)
        for _ in range(25):
            loss = torch.nn.functional.cross_entropy(answer(encoder.train()(inputs).mean()), crouched)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            found[learn] = float((answer(encoder.eval()(inputs).mean()).argmax(1) == crouched).float().mean())
    assert found[True] == 1.0
    assert found[False] < 0.8


@pytest.mark.parametrize("variant", VARIANTS)
def test_in_pieces_or_at_once(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = trained(StGcn(variant=variant, stages=SMALL))
    inputs = batch(encoder, 30, 30, 22, 9, 30)
    with torch.no_grad():
        at_once = encoder(inputs)
        monkeypatch.setattr("skelgait.encoders.stages.CHUNK", 2 * 30 * 17 * 12)
        assert encoder._chunk(inputs["mask"]) == 2
        pieces = encoder(inputs)
        assert torch.allclose(at_once.values, pieces.values, atol=1e-5)
        assert torch.equal(at_once.mask, pieces.mask)
        seen = []
        handle = encoder.cam_layer().register_forward_hook(lambda module, args, out: seen.append(out.shape))
        encoder(inputs)  # who listens to a stage hears the whole batch at once
        handle.remove()
        assert seen == [(5, 8, 17, 36)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_half_precision_says_the_same(variant: str) -> None:
    encoder = trained(StGcn(variant=variant, stages=SMALL))
    inputs = batch(encoder, 40, 25)
    with torch.no_grad():
        exact = encoder(inputs).values
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = encoder(inputs).values
    assert rough.dtype == torch.float32
    similar = torch.cosine_similarity(exact.flatten(), rough.flatten(), dim=0)
    assert similar > 0.999
    encoder.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        encoder(inputs).values.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())


def test_every_skeleton_and_stream_runs() -> None:
    for skeleton in ("coco17", "coco18", "openpose18", "coco23", "body25", "halpe26", "blazepose33"):
        encoder = StGcn(skeleton=skeleton, stages=(8, 16), variant="stgcn++", stream="bone").eval()
        assert encoder(batch(encoder, 11)).values.shape == (1, 6 * len(encoder.skeleton), 16)


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_plain_data_and_copies_and_saves(variant: str) -> None:
    encoder = trained(StGcn(variant=variant, stages=SMALL))
    inputs = batch(encoder, 12, 9)
    wanted = encoder(inputs).values
    stream = io.BytesIO()
    torch.save(encoder, stream)
    stream.seek(0)
    for other in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder)), torch.load(stream, weights_only=False)):
        assert torch.equal(other(inputs).values, wanted)
    fresh = StGcn(variant=variant, stages=SMALL).eval()
    fresh.load_state_dict(encoder.state_dict(), strict=True)
    assert torch.equal(fresh(inputs).values, wanted)
    defaults = {p.name: p.default for p in inspect.signature(StGcn).parameters.values()}
    assert json.loads(json.dumps(defaults))["stages"][-1] == 256
    part = resolve_parts({"stgcn": {"variant": variant, "stages": list(SMALL)}}, ENCODERS, "encoder")[0]
    assert isinstance(part.build(), StGcn)


def test_stages_to_look_at() -> None:
    encoder = StGcn(stages=SMALL).eval()
    assert encoder.cam_layers == ("stage1", "stage2", "stage3", "stage4")
    kept = {}
    encoder.cam_layer("stage3").register_forward_hook(lambda module, args, out: kept.update(out=out))
    tokens = encoder(batch(encoder, 21))
    grid = encoder.cam_grid(kept["out"])
    assert grid.shape == (1, 24, 11, 17)
    assert encoder.cam_layer() is encoder.stages[-1]
    gradient = torch.autograd.grad(tokens.values.sum(), kept["out"])[0]
    assert gradient.shape == kept["out"].shape
    assert gradient.abs().sum() > 0
    with pytest.raises(SkelgaitError, match=r"there is no stage 'stage9' to look at\. Expected: stage1, stage2"):
        encoder.cam_layer("stage9")


def test_dropout_is_in_training_only_and_not_in_the_first_stage() -> None:
    encoder = StGcn(stages=(8, 8), dropout=0.9)
    assert [stage.dropout.p for stage in encoder.stages] == [0.0, 0.9]
    inputs = batch(encoder, 30)
    encoder.train()
    assert not torch.equal(encoder(inputs).values, encoder(inputs).values)
    encoder.eval()
    assert torch.equal(encoder(inputs).values, encoder(inputs).values)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"plane": "transverse"}, "there is no plane 'transverse'. Expected: sagittal, frontal"),
        ({"variant": "ctrgcn"}, "there is no variant 'ctrgcn'. Expected: stgcn or stgcn"),
        ({"stream": "angle"}, "there is no stream 'angle'. Expected: joint, bone, joint_motion, bone_motion"),
        ({"normalise": "zscore"}, "there is no normalisation 'zscore'. Expected: body, image"),
        ({"origin": "neck"}, "there is no origin 'neck'. Expected: course, frame, walk"),
        ({"partition": "uniform"}, "there is no partition 'uniform'"),
        ({"skeleton": "ntu25"}, "there is no skeleton 'ntu25'"),
        ({"fps": 0}, "an encoder needs a frame rate. Found: fps=0"),
        ({"stages": ()}, "an encoder needs the width of each of its stages"),
        ({"dropout": 1.0}, "dropout is a share. Found: 1.0. Expected: 0 to below 1"),
    ],
)
def test_refusals(settings: dict, text: str) -> None:
    with pytest.raises(SkelgaitError, match=text.replace("(", r"\(")):
        StGcn(**settings)
