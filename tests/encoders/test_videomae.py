"""The video transformer against the published arithmetic, written out, and what this encoder adds to it."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.encoders.checkpoints import load_checkpoint
from skelgait.encoders.layers import packed
from skelgait.encoders.layers.packed import Kept, attend
from skelgait.encoders.layers.vit import SIZES, VideoTransformer, sines
from skelgait.encoders.videomae import VideoMae
from tests.published_videomae import DEPTH, HEADS, WIDTH, as_transformers, place, published, reference

SMALL = {"width": WIDTH, "depth": DEPTH, "heads": HEADS, "frames": 4, "side": 48, "trim": 0.0}
TOKENS = 2 * 3 * 3


def film(seconds: float, fps: float = 30, side: int = 48, seed: int = 0) -> dict[str, np.ndarray]:
    """A sample of noise."""
    time = np.arange(round(fps * seconds)) / fps
    clip = np.random.default_rng(seed).integers(0, 256, (len(time), side, side, 3), dtype=np.uint8)
    return {"clip": clip, "time_s": time, "fps": np.float32(fps)}


def some(n: int, seed: int = 0) -> torch.Tensor:
    """Which tokens to keep of n clips: of each another number."""
    draws = torch.rand(n, TOKENS, generator=torch.Generator().manual_seed(seed))
    return draws < torch.linspace(0.25, 0.8, n)[:, None]


# the published network


@pytest.mark.parametrize(("size", "parameters"), [("B", 86_773_190), ("S", 22_153_286)])
def test_sizes_are_the_published_ones(size: str, parameters: int) -> None:
    with torch.device("meta"):
        encoder = VideoMae(size=size)
    assert sum(p.numel() for p in encoder.parameters()) + (encoder.width + 1) * 710 == parameters
    assert len(encoder.state_dict()) + 2 == 162


@pytest.mark.parametrize(("kept", "gmacs"), [(1568, 180.3), (784, 79.8), (392, 38.0), (157, 15.6)])
def test_work_is_that_of_the_kept_tokens_from_the_first_layer_on(kept: int, gmacs: float) -> None:
    with torch.device("meta"):
        network = VideoTransformer(**dict(zip(("width", "depth", "heads"), SIZES["B"], strict=True)))
        clips, row = torch.zeros(1, 3, 16, 224, 224), torch.zeros(kept, dtype=torch.int64)
        edges = torch.zeros(2, dtype=torch.int32)
    with FlopCounterMode(display=False) as counter:
        network(clips, Kept(row, (kept,), row, edges))
    found = counter.get_total_flops() / 2e9
    spared = (1568 - kept) * 3 * 2 * 16 * 16 * 768 / 1e9  # the published figures embed every block
    assert found + spared == pytest.approx(gmacs, abs=0.06)
    assert found < kept / 1568 * 180.4


@pytest.mark.parametrize("wrapper", [None, "module", "model"])
@pytest.mark.parametrize("prefix", ["", "_orig_mod.", "backbone.", "encoder.", "_orig_mod.backbone."])
def test_published_weights_give_the_published_numbers(wrapper: str | None, prefix: str, tmp_path: Path) -> None:
    sd = published()
    given: dict = {f"{prefix}{key}": value for key, value in sd.items()}
    torch.save({wrapper: given, "epoch": 89} if wrapper else given, tmp_path / "vit.pth")
    encoder = VideoMae(**SMALL).eval()
    report = load_checkpoint(encoder, tmp_path / "vit.pth")
    assert (report.layout, report.ignored, report.kept) == ("videomaev2", ("head.bias", "head.weight"), ())
    inputs = encoder.collate([film(4 / 30)])
    mean, logits = reference(sd, encoder.pictures(inputs["clip"][0]))
    tokens = encoder(inputs)
    assert tokens.grid == (2, 3, 3)
    assert torch.allclose(tokens.mean(), mean, atol=1e-5)
    assert torch.allclose(tokens.mean() @ report.head["weight"].T + report.head["bias"], logits, atol=1e-5)


@pytest.mark.parametrize("version", [4, 5])
def test_transformers_weights_in_both_styles_give_its_numbers(version: int) -> None:
    sd = published()
    encoder = VideoMae(**SMALL, norm="transformers").eval()
    report = load_checkpoint(encoder, as_transformers(sd, version))
    assert report.layout == ("transformers" if version == 4 else "transformers5")
    assert report.ignored == ("classifier.bias", "classifier.weight")
    assert torch.equal(encoder.vit.blocks[1].attn.v_bias, sd["blocks.1.attn.v_bias"])
    clips = torch.randn(2, 3, 4, 48, 48)
    mean, _ = reference(sd, clips, eps=(1e-12, 1e-5))
    ours = encoder.vit(clips)[0].unflatten(0, (2, -1)).mean(1)
    assert torch.allclose(ours, mean, atol=1e-5)
    assert (encoder.vit.blocks[0].norm1.eps, encoder.vit.fc_norm.eps) == (1e-12, 1e-5)


@pytest.mark.parametrize("version", [2, 4, 5])
def test_a_bias_too_many_or_too_few_is_an_error_that_names_it(version: int) -> None:
    sd = published()
    sd = sd if version == 2 else as_transformers(sd, version)
    inside = "blocks.1.attn" if version == 2 else "videomae.encoder.layer.1.attention.attention"
    more = {2: "qkv.bias", 4: "key.bias", 5: "key.bias"}[version]
    with pytest.raises(SkelgaitError, match=f"unexpected.*{more}"):
        load_checkpoint(VideoMae(**SMALL), {**sd, f"{inside}.{more}": torch.zeros(3 * WIDTH if version == 2 else WIDTH)})
    less = {2: "q_bias", 4: "v_bias", 5: "value.bias"}[version]
    with pytest.raises(SkelgaitError, match=f"missing.*{less}"):
        load_checkpoint(VideoMae(**SMALL), {key: value for key, value in sd.items() if key != f"{inside}.{less}"})
    with pytest.raises(SkelgaitError, match=r"unexpected.*(blocks|layer)\.2"):
        load_checkpoint(VideoMae(**{**SMALL, "depth": 2}), sd)


def test_both_styles_of_bias_in_one_file_are_an_error() -> None:
    sd = as_transformers(published(), 4)
    sd["videomae.encoder.layer.0.attention.attention.query.bias"] = torch.zeros(WIDTH)
    with pytest.raises(SkelgaitError, match=r"unexpected.*query\.bias"):
        load_checkpoint(VideoMae(**SMALL), sd)


# positions


def test_positions_are_sines_of_the_running_number() -> None:
    assert torch.allclose(sines(700, 24)[[0, 1, 699]], torch.tensor([place(i, 24) for i in (0, 1, 699)]), atol=1e-6)


def test_a_table_for_the_grid_at_hand_or_the_published_one_stretched() -> None:
    like = torch.zeros(1)
    counted, stretched = (VideoTransformer(width=24, depth=1, heads=2, stretched=grid) for grid in (None, (4, 6, 6)))
    assert torch.equal(counted.positions((2, 3, 3), like), sines(18, 24))
    assert torch.equal(stretched.positions((4, 6, 6), like), sines(144, 24))
    half = stretched.positions((2, 3, 3), like).view(2, 3, 3, 24)
    whole = sines(144, 24).view(4, 6, 6, 24)
    assert torch.allclose(half[1, 2, 0], whole[2:, 4:, :2].mean((0, 1, 2)), atol=1e-6)


@pytest.mark.parametrize("size", [(2, 16, 16), (6, 32, 80), (4, 96, 48)])
def test_any_multiple_of_a_block_is_a_clip(size: tuple[int, int, int]) -> None:
    sd = published()
    encoder = VideoMae(**SMALL).eval()
    load_checkpoint(encoder, sd)
    clips = torch.randn(1, 3, *size)
    assert torch.allclose(encoder.vit(clips)[0].mean(0), reference(sd, clips)[0][0], atol=1e-5)
    with pytest.raises(SkelgaitError, match="whole tokens"):
        encoder.vit(torch.zeros(1, 3, size[0], size[1], size[2] + 1))


# tokens left out


def test_tokens_left_out_packed_padded_and_one_by_one() -> None:
    sd = published()
    encoder = VideoMae(**SMALL).eval()
    load_checkpoint(encoder, sd)
    clips, keep = torch.randn(4, 3, 4, 48, 48), some(4)
    assert len(set(keep.sum(1).tolist())) > 2
    values, kept = encoder.vit(clips, Kept.of(keep))
    means = torch.stack([part.mean(0) for part in values.split(kept.counts)])
    assert torch.allclose(means, reference(sd, clips, keep=keep)[0], atol=1e-5)
    alone = torch.cat([encoder.vit(clip[None], Kept.of(one[None]))[0] for clip, one in zip(clips, keep, strict=True)])
    assert torch.allclose(values, alone, atol=1e-5)
    assert torch.allclose(encoder.vit(clips, Kept.of(torch.ones_like(keep)))[0], encoder.vit(clips)[0], atol=1e-5)


def test_what_is_left_out_is_never_read() -> None:
    encoder = VideoMae(**SMALL).eval()
    keep = some(2)
    clips = torch.randn(2, 3, 4, 48, 48)
    hidden = ~keep.view(2, 1, 2, 3, 3).repeat_interleave(2, 2).repeat_interleave(16, 3).repeat_interleave(16, 4)
    spoilt = clips.masked_fill(hidden, torch.nan)
    assert torch.equal(encoder.vit(spoilt, Kept.of(keep))[0], encoder.vit(clips, Kept.of(keep))[0])
    with pytest.raises(SkelgaitError, match="nothing is left"):
        Kept.of(keep & torch.tensor([[True], [False]]))


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_a_walk_alone_is_answered_as_in_a_batch(pooling: str) -> None:
    torch.manual_seed(0)
    encoder = VideoMae(**SMALL, pooling=pooling).eval()
    if pooling == "attention":
        torch.nn.init.normal_(encoder.vit.pool.query)
    short, long = film(0.1), film(0.4, seed=1)
    both = encoder.collate([short, long])
    assert both["mask"].tolist() == [[True, False, False], [True, True, True]]
    for keep in (None, torch.stack([some(3, seed) for seed in (1, 2)])):
        given = both if keep is None else {**both, "keep": keep}
        tokens = encoder(given)
        first = encoder.collate([short])
        alone = encoder(first if keep is None else {**first, "keep": keep[:1, :1]})
        assert torch.allclose(tokens.mean()[0], alone.mean()[0], atol=1e-5)
        with torch.no_grad():
            assert torch.allclose(encoder(given).values, tokens.values, atol=1e-5)
        counts = both["mask"] if keep is None or pooling == "attention" else keep.sum(2) * both["mask"]
        assert tokens.mask.sum(1).tolist() == (counts.sum(1) * (TOKENS if keep is None and pooling == "mean" else 1)).tolist()
        assert np.prod(tokens.grid) == tokens.values.shape[1]
        shares = torch.ones(2) if keep is None else torch.stack([keep[0, 0].float().mean(), keep[1].float().mean()])
        assert torch.allclose(encoder.kept_share(given), shares)


def test_attention_pooling_begins_as_the_mean_and_learns() -> None:
    sd = published()
    encoder = VideoMae(**SMALL, pooling="attention").eval()
    report = load_checkpoint(encoder, sd)
    assert set(report.kept) == {"vit.pool.query", "vit.pool.key.weight", "vit.pool.key.bias"}
    clips, keep = torch.randn(3, 3, 4, 48, 48), some(3)
    values, kept = encoder.vit(clips, Kept.of(keep))
    assert kept.counts == (1, 1, 1)
    assert torch.allclose(values, reference(sd, clips, keep=keep)[0], atol=1e-5)
    values.square().sum().backward()
    assert float(encoder.vit.pool.query.grad.abs().min()) > 0


def test_one_call_for_clips_of_several_lengths_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept.of(some(3))
    parts = [torch.randn(len(kept.index), 2, 8) for _ in range(3)]
    assert not packed._takes_lengths(torch.device("cpu"), torch.bfloat16, 8)
    by_clip = attend(*parts, kept)
    called = []

    def at_once(query: torch.Tensor, *rest: object) -> torch.Tensor:
        called.append(rest)
        return by_clip

    monkeypatch.setattr(packed, "_takes_lengths", lambda device, dtype, size: True)
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", at_once)
    pretends = SimpleNamespace(is_cuda=True, dtype=torch.bfloat16, device="cuda", shape=parts[0].shape)
    assert attend(pretends, *parts[1:], kept) is by_clip  # type: ignore[arg-type]
    assert called[0][2].tolist() == called[0][3].tolist() == kept.edges.tolist()
    assert called[0][4:] == (max(kept.counts), max(kept.counts))


# training


def test_drop_path_leaves_whole_clips_out_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    network = VideoTransformer(width=24, depth=3, heads=3, drop_path=0.5)
    assert [block.drop for block in network.blocks] == [0, 0.25, 0.5]
    block, kept = network.blocks[2], Kept.of(some(60))
    ones = torch.ones(len(kept.index), 24)
    out = block._some(ones, kept)
    assert all(len(part.unique()) == 1 for part in out.split(kept.counts))
    assert set(out.unique().tolist()) == {0.0, 2.0}
    first = torch.tensor([float(part[0, 0]) for part in out.split(kept.counts)])
    assert float(first.mean()) == pytest.approx(1, abs=0.4)
    assert torch.equal(block.eval()._some(ones, kept), ones)


def test_checkpointing_changes_no_gradient() -> None:
    clips, kept = torch.randn(2, 3, 4, 48, 48), Kept.of(some(2))
    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(3)
        network = VideoTransformer(width=24, depth=3, heads=3, drop_path=0.3, checkpointing=checkpointing).train()
        torch.manual_seed(4)
        network(clips, kept)[0].square().sum().backward()
        gradients.append([p.grad for p in network.parameters()])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*gradients, strict=True))


def test_it_pickles_and_copies_with_its_weights() -> None:
    encoder = VideoMae(**SMALL).eval()
    inputs = encoder.collate([film(0.3)])
    before = encoder(inputs).values
    for other in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        assert torch.equal(other(inputs).values, before)
    half = copy.deepcopy(encoder).to(torch.bfloat16)
    assert half(inputs).values.dtype == torch.float32


def test_half_precision_is_near_and_sums_stay_in_full() -> None:
    sd = published()
    encoder = VideoMae(**SMALL).eval()
    load_checkpoint(encoder, sd)
    clips, kept = torch.randn(2, 3, 4, 48, 48), Kept.of(some(2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert encoder.vit.embed(clips, kept)[0].dtype == torch.float32
        half = encoder.vit(clips, kept)[0]
    assert half.dtype == torch.float32
    whole = encoder.vit(clips, kept)[0]
    assert not torch.equal(half, whole)
    assert bool((half - whole).norm() < 0.02 * whole.norm())


def test_a_trials_clip_is_looked_at(tmp_path: Path) -> None:
    sample = film(0.5)
    clip = Clip(sample["clip"], fps=30, view="sagittal_left").save(tmp_path / "walk.clip.npz")
    found = VideoMae(**SMALL).prepare(Trial("child", clips={"sagittal": clip}))
    assert isinstance(found["clip"], np.memmap)
    with pytest.raises(SkelgaitError, match="no sagittal clip"):
        VideoMae(**SMALL).prepare(Trial("child"))


@pytest.mark.parametrize(
    "wrong",
    [{"size": "H"}, {"side": 50}, {"frames": 5}, {"heads": 5}, {"pooling": "max"}, {"frozen_blocks": 4}, {"layer_decay": 0.0}]
    + [{"drop_path": 1.0}, {"positions": "learned"}, {"norm": "batch"}, {"mean": [0.1]}],
)
def test_settings_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(SkelgaitError):
        VideoMae(**{**SMALL, **wrong})
