from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.encoders.descriptors import Descriptors


@pytest.fixture(scope="module")
def trials() -> list[sg.Trial]:
    return [
        sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 8 * i).film(fps=60, duration_s=4).pose, age_years=5 + i) for i in range(5)
    ]


def learnt(encoder: Descriptors, trials: list[sg.Trial]) -> tuple[Descriptors, list[dict]]:
    samples = [encoder.prepare(t) for t in trials]
    encoder.learn(samples)
    return encoder.eval(), samples


def test_one_token_a_descriptor_with_its_name(trials: list[sg.Trial]) -> None:
    encoder, samples = learnt(Descriptors(names=["cadence_spm", "left_step_length_ll"], covariates=["age_years"], width=8), trials)
    tokens = encoder(encoder.collate(samples))
    assert tokens.values.shape == (5, 3, 8)
    assert tokens.grid == (3,)
    assert tokens.mask.all()
    assert encoder.labels("descriptor") == ["cadence_spm", "left_step_length_ll", "age_years"]
    assert samples[2]["values"][0] == pytest.approx(106, abs=0.5)
    assert samples[2]["values"][2] == 7


def test_scaling_is_learnt_from_the_training_walks_only(trials: list[sg.Trial]) -> None:
    encoder, samples = learnt(Descriptors(names=["cadence_spm"], width=4), trials[:3])
    values = np.array([s["values"][0] for s in samples])
    assert encoder.middle.item() == pytest.approx(np.median(values))
    assert encoder.spread.item() == pytest.approx(np.subtract(*np.percentile(values, [75, 25])) / 1.349, rel=1e-4)
    far = dict(samples[0], values=np.float32([1e6]))
    assert encoder.scale(encoder.collate([far])["values"])[0].item() == 5


def test_by_default_what_most_walks_have_and_what_differs_is_kept(trials: list[sg.Trial]) -> None:
    encoder, samples = learnt(Descriptors(), trials)
    values = np.stack([s["values"] for s in samples])
    kept = [encoder.source.index(name) for name in encoder.columns]
    assert 30 < len(kept) < len(encoder.source)
    assert (np.isfinite(values[:, kept]).mean(0) >= 0.5).all()
    assert "fps" not in encoder.columns


def test_a_missing_number_is_a_token_of_its_own_not_a_guess(trials: list[sg.Trial]) -> None:
    encoder, samples = learnt(Descriptors(names=["cadence_spm", "stride_time_s"], width=8, context=False), trials)
    gap = dict(samples[0], values=np.float32([np.nan, samples[0]["values"][1]]))
    tokens = encoder(encoder.collate([gap, samples[0]])).values
    assert torch.isfinite(tokens).all()
    assert torch.allclose(tokens[0, 0], encoder.norm(encoder.missing[0]))
    assert torch.equal(tokens[0, 1], tokens[1, 1])


def test_a_mirrored_walk_has_the_mirrored_walks_descriptors(trials: list[sg.Trial]) -> None:
    from skelgait.training.augment import Augmentation

    encoder, _ = learnt(Descriptors(names=["left_step_length_ll", "right_step_length_ll", "cadence_spm"], width=4), trials)
    sample = encoder.prepare(trials[0])
    assert sample["mirrored"] == pytest.approx(sample["values"][[1, 0, 2]], abs=2e-3)
    inputs = encoder.collate([sample])
    drawn = Augmentation(mirror=1.0).draw(1, torch.Generator())
    assert torch.equal(encoder.augment(inputs, drawn)["values"], inputs["mirrored"])


def test_a_table_of_ones_own(trials: list[sg.Trial], tmp_path) -> None:
    table = pd.DataFrame({"left_rom": [1.0, 2, 3, 4, 5], "right_rom": [5.0, 4, 3, 2, 1]}, index=[t.name for t in trials])
    table.to_csv(tmp_path / "rom.csv")
    for given in (table, str(tmp_path / "rom.csv"), table.to_dict(orient="split")):
        encoder, samples = learnt(Descriptors(table=given, width=4), trials)
        assert encoder.columns == ("left_rom", "right_rom")
        assert samples[0]["values"].tolist() == [1, 5]
        assert samples[0]["mirrored"].tolist() == [5, 1]
    with pytest.raises(SkelgaitError, match="no row in the table"):
        encoder.prepare(trials[0].with_(name="stranger"))


def test_the_mirrored_walk_is_not_measured_again(trials: list[sg.Trial], monkeypatch) -> None:
    from skelgait.gait import describe

    measured = []
    monkeypatch.setattr(describe, "measure", lambda trial, measure=describe.measure: measured.append(trial) or measure(trial))
    Descriptors().prepare(trials[0])
    assert measured == [trials[0]]


def test_covariates_with_sides_change_places_in_the_mirrored_walk(trials: list[sg.Trial]) -> None:
    encoder = Descriptors(names=["cadence_spm"], covariates=["age_years", "left_power", "right_power", "left_brace"])
    sample = encoder.prepare(trials[0].with_(covariates={"left_power": 3, "right_power": 5, "left_brace": 1}))
    assert sample["values"][1:].tolist() == [5, 3, 5, 1]
    assert sample["mirrored"][1:] == pytest.approx([5, 5, 3, np.nan], nan_ok=True)


def test_what_is_learnt_goes_through_plain_data(trials: list[sg.Trial]) -> None:
    encoder, samples = learnt(Descriptors(width=8), trials)
    again = Descriptors(width=8)
    again.relearn(encoder.learned())
    again.load_state_dict(encoder.state_dict())
    inputs = encoder.collate(samples)
    assert torch.equal(again.eval()(inputs).values, encoder(inputs).values)
    assert torch.equal(copy.deepcopy(encoder)(inputs).values, encoder(inputs).values)


def test_refusals(trials: list[sg.Trial]) -> None:
    with pytest.raises(SkelgaitError, match=r"no such descriptor.*cadence\b"):
        Descriptors(names=["cadence"])
    with pytest.raises(SkelgaitError, match="no pose to describe"):
        Descriptors().prepare(sg.Trial("nobody"))
    with pytest.raises(SkelgaitError, match="no descriptor is left"):
        learnt(Descriptors(), [trials[0]] * 3)
    with pytest.raises(SkelgaitError, match="not learnt yet"):
        Descriptors().collate([])
    with pytest.raises(SkelgaitError, match=r"covariate 'shoes'.*not a number.*'red'"):
        Descriptors(covariates=["shoes"]).prepare(trials[0].with_(covariates={"shoes": "red"}))
