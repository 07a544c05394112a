"""The sheet prints the scores it was given, in the bands of the form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skelgait.gait.evgs import score_measurements
from skelgait.gait.evgs_total import evgs_total
from skelgait.gait.measure import Measurement
from skelgait.report.evgs_sheet import Sheet, build_sheet, points_words
from skelgait.report.words import tidy
from skelgait.tasks.evgs import SCORES_OF_BANDS, evgs_items


@pytest.fixture(scope="module")
def scores(both_planes: Measurement) -> pd.DataFrame:
    return score_measurements([both_planes])


@pytest.fixture(scope="module")
def sheet(scores: pd.DataFrame) -> Sheet:
    return build_sheet(scores, evgs_total(scores))


def test_seventeen_lines_of_two_limbs_with_the_scores_given(sheet: Sheet, scores: pd.DataFrame) -> None:
    assert [line.item for line in sheet.lines] == list(range(1, 18))
    for line in sheet.lines:
        for mark in line.marks:
            (row,) = scores[(scores.item == line.item) & (scores.side == mark.side)].to_dict("records")
            assert mark.score == ("–" if np.isnan(row["score"]) else f"{row['score']:.0f}")
            assert mark.proxy == (row["tier"] == "proxy")
            assert (mark.kind == "none") == np.isnan(row["score"])


def test_a_mark_stands_in_the_band_of_its_score(sheet: Sheet) -> None:
    for line in sheet.lines:
        for mark in line.marks:
            if mark.band >= 0:
                assert str(SCORES_OF_BANDS[mark.band]) == mark.score
                assert line.bands[mark.band].used


def test_hard_is_only_what_lies_beyond_the_error(sheet: Sheet, scores: pd.DataFrame) -> None:
    errors = {i.item: i.error for i in evgs_items()}
    kinds = {(line.item, m.side): m.kind for line in sheet.lines for m in line.marks}
    for row in scores[scores.score.notna()].to_dict("records"):
        assert kinds[row["item"], row["side"]] == ("soft" if row["margin"] < errors[row["item"]] else "hard")
    assert {"hard", "soft", "none"} == set(kinds.values())


def test_bands_are_those_of_the_table_in_whole_degrees(sheet: Sheet) -> None:
    knee = sheet.lines[8]
    assert [b.limits for b in knee.bands] == ["≤ −11", "−10 … −1", "0 … 15", "16 … 25", "≥ 26"]
    assert [b.used for b in sheet.lines[0].bands] == [True, True, True, False, False]
    assert [b.limits for b in sheet.lines[16].bands] == ["", "< 0", "0 … 5.5", "5.5 … 10.3", "> 10.3"]


def test_every_reason_is_a_note_and_told_once(sheet: Sheet, scores: pd.DataFrame) -> None:
    assert {text for _, text in sheet.notes} == {tidy(r) for r in scores.reason if r}
    letters = {letter for letter, _ in sheet.notes}
    assert {m.note for line in sheet.lines for m in line.marks if m.note} == letters
    assert all(m.note for line in sheet.lines for m in line.marks if m.kind == "none")


def test_total_has_its_interval_and_sub_scores_add_up(sheet: Sheet, scores: pd.DataFrame) -> None:
    whole = evgs_total(scores).loc["total"]
    assert sheet.headline.startswith(f"{points_words(whole.score)} on {whole.scored:.0f} of 34")
    assert f"{whole.expected:.0f} ± {whole.expected_sd:.0f})" in sheet.headline
    assert f"between {whole.low:.0f} and {whole.high:.0f} of 68" in sheet.headline
    told = {name: score for name, _, score, _ in sheet.subs}
    assert int(told["Left"]) + int(told["Right"]) == whole.score
    assert sum(int(told[n]) for n in ("Foot", "Knee", "Hip", "Pelvis", "Trunk")) == whole.score


def test_a_likelier_score_is_told(scores: pd.DataFrame) -> None:
    changed = scores.copy()
    at = changed.index[(changed.item == 9) & (changed.side == "left")][0]
    changed.loc[at, ["score", "p0", "p1", "p2"]] = [0.0, 0.4, 0.55, 0.05]
    assert build_sheet(changed, evgs_total(changed)).lines[8].marks[0].sure == "40\u00a0%; 1: 55\u00a0%"


def test_a_heel_that_never_comes_down_has_a_band_of_its_own(scores: pd.DataFrame) -> None:
    changed = scores.copy()
    at = changed.index[(changed.item == 2) & (changed.side == "left")][0]
    changed.loc[at, ["score", "value", "margin", "p0", "p1", "p2"]] = [2.0, np.nan, np.nan, 0.0, 0.1, 0.9]
    line = build_sheet(changed, evgs_total(changed)).lines[1]
    assert line.bands[line.marks[0].band].words == "never down"
    assert line.marks[0].value == ""


def test_nothing_scored_is_said() -> None:
    from skelgait.core.trial import Trial
    from skelgait.gait.evgs import score_evgs
    from skelgait.walker import Walker

    pose = Walker().film(fps=60, duration_s=3).pose
    scores = score_evgs(Trial("blind", pose.with_(xy=np.full_like(pose.xy, np.nan), confidence=None)))
    sheet = build_sheet(scores, evgs_total(scores))
    assert sheet.headline == "No item could be scored: the whole score lies between 0 and 68 of 68."
    assert sheet.merged == ""
