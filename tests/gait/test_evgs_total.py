"""Totals: sums, what unknown items could add, and the score merged to normal or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.gait.evgs_total import evgs_total, merge_evgs, predicted_evgs_total
from skelgait.tasks.evgs import evgs_items


def sheet(score: dict[tuple[str, int], float], tier: dict[int, str] | None = None) -> pd.DataFrame:
    """A table of scores: 0 and sure unless said otherwise; NaN where the item is not assessable."""
    rows = []
    for side in SIDES:
        for item in evgs_items():
            value = score.get((side, item.item), np.nan if item.tier == "not assessable" else 0.0)
            p = [float(value == k) if value == value else np.nan for k in (0, 1, 2)]
            own = (tier or {}).get(item.item, item.tier)
            rows.append({"side": side, "item": item.item, "name": item.name, "score": value, "tier": own})
            rows[-1] |= dict(zip(("p0", "p1", "p2"), p, strict=True))
    return pd.DataFrame(rows)


def test_the_total_is_the_sum_and_its_interval_what_unknown_items_could_add() -> None:
    total = evgs_total(sheet({("left", 9): 2, ("right", 9): 1, ("left", 16): 1, ("right", 14): np.nan}))
    # unknown: items 4, 8, 15 and the proxy 5 on both sides, and one pelvis
    assert total.loc["total", ["items", "scored", "score", "low", "high"]].tolist() == [34, 25, 4, 4, 4 + 2 * 9]
    assert total.loc["left", ["items", "score", "high"]].tolist() == [17, 3, 3 + 2 * 4]
    assert total.loc["right", ["score", "high"]].tolist() == [1, 1 + 2 * 5]
    assert total.loc["knee", ["items", "scored", "score", "low", "high"]].tolist() == [8, 6, 3, 3, 7]
    assert total.loc["transverse", ["items", "scored", "low", "high"]].tolist() == [2, 0, 0, 4]
    assert np.isnan(total.loc["transverse", "score"])
    assert total.loc["total", ["abnormal", "abnormal_low", "abnormal_high"]].tolist() == [3, 3, 12]


def test_sides_regions_and_planes_each_make_up_the_total() -> None:
    total = evgs_total(sheet({("left", i): 1 for i in (1, 6, 9, 13, 14, 17)} | {("right", 11): 2}))
    for groups in (SIDES, ("foot", "knee", "hip", "pelvis", "trunk"), ("sagittal", "coronal", "transverse")):
        for column in ("items", "scored", "low", "high", "abnormal_low", "abnormal_high"):
            assert total.loc[list(groups), column].sum() == total.loc["total", column], (groups, column)


def test_proxies_count_only_when_asked() -> None:
    scores = sheet({("left", 5): 2, ("left", 3): 1}, tier={3: "proxy"})
    assert evgs_total(scores).loc["total", "score"] == 0
    assert evgs_total(scores).loc["total", "high"] == 2 * (6 + 2 + 2)
    asked = evgs_total(scores, proxies=True)
    assert asked.loc["total", ["score", "high"]].tolist() == [3, 3 + 2 * 6]


def test_the_expected_total_follows_the_probabilities() -> None:
    scores = sheet({})
    scores.loc[scores["item"] == 9, ["p0", "p1", "p2"]] = [0.5, 0.3, 0.2]
    total = evgs_total(scores)
    assert total.loc["total", "expected"] == pytest.approx(2 * 0.7)
    assert total.loc["total", "expected_sd"] == pytest.approx(np.sqrt(2 * (0.3 + 0.8 - 0.49)))
    assert total.loc["hip", "expected"] == 0


def test_a_full_form_has_no_interval() -> None:
    every = sheet({(side, i.item): 2 for side in SIDES for i in evgs_items()}, tier={i.item: "computed" for i in evgs_items()})
    total = evgs_total(every)
    assert total.loc["total", ["score", "low", "high", "abnormal"]].tolist() == [68, 68, 68, 34]
    assert total.loc["left", "score"] == 34


def test_ones_and_twos_are_merged() -> None:
    scores = sheet({("left", 9): 2, ("right", 9): 1, ("left", 10): np.nan})
    scores.loc[0, ["p0", "p1", "p2"]] = [0.6, 0.3, 0.1]
    merged = merge_evgs(scores).set_index(["side", "item"])
    assert merged.loc[("left", 9), "abnormal"] == merged.loc[("right", 9), "abnormal"] == 1
    assert merged.loc[("right", 10), "abnormal"] == 0
    assert np.isnan(merged.loc[("left", 10), "abnormal"])
    assert merged.loc[("left", 1), "p_abnormal"] == pytest.approx(0.4)


def test_another_table_is_refused() -> None:
    for door in (evgs_total, merge_evgs):
        with pytest.raises(SkelgaitError, match="not a table of scores"):
            door(pd.DataFrame({"side": ["left"]}))


# totals of a model's answers


def some_answers(n: int = 6, levels: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(levels, 0.7), (n, 34))


@pytest.mark.parametrize("levels", [2, 3])
def test_the_expected_total_is_that_of_sums_of_drawn_answers(levels: int) -> None:
    p = some_answers(levels=levels)
    table = predicted_evgs_total(p)
    rng = np.random.default_rng(1)
    drawn = (rng.random((20_000, *p.shape[:2], 1)) > p.cumsum(-1)).sum(-1)  # (draws, walks, items)
    sums = drawn.sum(-1)
    total = table.xs("total", level="group")
    assert np.allclose(total["expected"], sums.mean(0), atol=0.1)
    assert np.allclose(total["expected_sd"], sums.std(0), atol=0.06)
    assert np.allclose(total["low"], np.quantile(sums, 0.025, axis=0), atol=1)
    assert np.allclose(total["high"], np.quantile(sums, 0.975, axis=0), atol=1)
    inside = ((sums >= total["low"].to_numpy()) & (sums <= total["high"].to_numpy())).mean(0)
    assert (inside > 0.945).all()
    left = drawn[..., :17].sum(-1)
    assert np.allclose(table.xs("left", level="group")["expected"], left.mean(0), atol=0.1)


def test_a_model_that_is_sure_of_the_measured_scores_has_their_total() -> None:
    scores = sheet({("left", 9): 2, ("right", 9): 1, ("left", 16): 1, ("right", 14): np.nan})
    p = np.eye(3)[scores["score"].fillna(0).astype(int)]
    p[scores["score"].isna()] = np.nan
    table, measured = predicted_evgs_total(p[None], names=["child07"]).loc["child07"], evgs_total(scores, proxies=True)
    assert table.index.tolist() == measured.index.tolist()
    assert (table["answered"] == measured["scored"]).all()
    for column in ("expected", "low", "high", "likeliest"):
        assert np.allclose(table[column], measured["score"], equal_nan=True), column
    assert (table["expected_sd"].dropna() < 1e-9).all()


def test_the_sum_of_what_a_model_with_thresholds_answers() -> None:
    p = some_answers()
    codes = (p[..., 1] >= np.linspace(0.2, 0.9, 34)).astype(int)
    p[0, 3] = np.nan
    codes[0, 3], codes[1, 5] = 1, -1
    own, plain = predicted_evgs_total(p, codes=codes), predicted_evgs_total(p)
    total = own["likeliest"].xs("total", level="group").to_numpy()
    assert total[0] == codes[0].sum() - 1, "an item without a probability adds nothing"
    assert total[1] == codes[1].sum() + 1, "nor one that is not answered"
    assert (total[2:] == codes[2:].sum(1)).all()
    assert own.drop(columns="likeliest").equals(plain.drop(columns="likeliest"))
    for wrong in (codes[:, :17], codes + 2):
        with pytest.raises(SkelgaitError, match=r"codes are no scores.*model.decide\(probabilities\)"):
            predicted_evgs_total(p, codes=wrong)


def test_expected_totals_of_groups_add_up() -> None:
    table = predicted_evgs_total(some_answers(levels=3))["expected"].unstack()
    for parts in (["left", "right"], ["foot", "knee", "hip", "pelvis", "trunk"], ["sagittal", "coronal", "transverse"]):
        assert np.allclose(table[parts].sum(axis=1), table["total"])


def test_answers_that_are_none_are_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"no answers to the Edinburgh score.*\(2, 17, 2\)"):
        predicted_evgs_total(np.full((2, 17, 2), 0.5))
    with pytest.raises(SkelgaitError, match="adding up to 1"):
        predicted_evgs_total(np.full((2, 34, 2), 0.4))
    with pytest.raises(SkelgaitError, match="1 names"):
        predicted_evgs_total(some_answers(), names=["a"])
    with pytest.raises(SkelgaitError, match="confidence is a share"):
        predicted_evgs_total(some_answers(), confidence=95)
