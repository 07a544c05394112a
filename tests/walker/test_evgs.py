"""The Edinburgh score by construction: each deviation scores where it must, on its side."""

from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg
from skelgait.walker import Walker
from skelgait.walker.evgs import NOT_PLANTED, score_truth, true_values

EVGS = sg.tasks.EVGS
PLANTED = [i for i in range(17) if i + 1 not in NOT_PLANTED]


def of(walker: Walker, item: int) -> tuple[int | None, int | None]:
    scores = score_truth(walker)
    return scores[item - 1], scores[17 + item - 1]


def test_the_usual_child_scores_nothing_and_items_nobody_could_tell_are_not_scored() -> None:
    scores = score_truth(Walker())
    assert len(scores) == EVGS.n_items
    assert [i for i, score in enumerate(scores) if score is None] == [3, 7, 14, 20, 24, 31]
    assert all(score == 0 for score in scores if score is not None)
    codes = EVGS.encode([scores])[0]
    assert (codes == -1).sum() == 6


@pytest.mark.parametrize(
    ("settings", "item", "scores"),
    [
        ({"equinus_deg": (30.0, 0.0)}, 1, (2, 0)),
        ({"equinus_deg": (30.0, 0.0)}, 3, (2, 0)),
        ({"foot_progression_deg": (-10.0, 30.0)}, 5, (1, 1)),
        ({"foot_progression_deg": (-40.0, 10.0)}, 5, (2, 0)),
        ({"foot_progression_deg": 10.0, "hip_rotation_deg": (0.0, 20.0)}, 5, (0, 1)),  # the knee turns in: the foot is out of it
        ({"toe_clearance_m": 0.05}, 6, (1, 1)),
        ({"crouch_deg": (20.0, 32.0)}, 9, (1, 2)),
        ({"crouch_deg": (0.0, 24.0)}, 10, (0, 1)),
        ({"stiff_knee": (0.4, 0.75)}, 11, (1, 2)),
        ({"crouch_deg": 30.0}, 12, (1, 1)),
        ({"crouch_deg": 60.0}, 12, (2, 2)),
        ({"pelvis_left_up_deg": 7.0}, 14, (1, 1)),
        ({"trunk_lean_deg": 9.0}, 16, (1, 1)),
        ({"trunk_lean_deg": -9.0}, 16, (1, 1)),
        ({"trunk_lean_deg": 20.0}, 16, (2, 2)),
        ({"trunk_sway_deg": 7.0}, 17, (1, 1)),
        ({"trunk_left_shift_m": 0.03}, 17, (1, 1)),  # too much to one side, too little to the other
    ],
)
def test_a_deviation_is_scored_where_it_is(settings: dict, item: int, scores: tuple[int, int]) -> None:
    assert of(Walker(**settings), item) == scores


def test_the_mirror_child_has_the_mirrored_scores_and_uneven_strides_change_none() -> None:
    child = Walker(crouch_deg=(28, 5), equinus_deg=(0, 14), pelvis_left_up_deg=3, trunk_left_lean_deg=2, step_time_ratio=1.1)
    values = true_values(child)
    assert np.allclose(true_values(child.mirrored()), values[::-1], atol=0.5, equal_nan=True)
    assert score_truth(child.mirrored()) == np.array(score_truth(child), object)[EVGS.mirrored_items].tolist()
    uneven = Walker(crouch_deg=(28, 5), stride_time_cv_percent=5)
    assert score_truth(uneven) == score_truth(Walker(crouch_deg=(28, 5)))


def test_rules_that_measure_a_clean_film_mostly_agree() -> None:
    children = [
        Walker(crouch_deg=(22, 6)),
        Walker(equinus_deg=(0, 22)),
        Walker(stiff_knee=(0.5, 0.0), trunk_lean_deg=11),
        Walker(trunk_sway_deg=8, pelvis_left_up_deg=3),
    ]
    agreed = []
    for child in children:
        views = [sg.Camera(view=v, distance_m=8) for v in ("sagittal_left", "sagittal_right")]
        films = [child.film(view, fps=60, duration_s=5).pose for view in views]
        films.append(child.film(sg.Camera(view="frontal_towards", distance_m=12), fps=60, duration_s=5).pose)
        measured = sg.score_evgs([sg.Trial("child", film) for film in films])["score"].to_numpy()
        truth = np.array([np.nan if score is None else score for score in score_truth(child)])
        both = np.isfinite(measured) & np.isfinite(truth)
        assert both.sum() >= 24
        agreed += ((measured > 0) == (truth > 0))[both].tolist()
    assert np.mean(agreed) > 0.85
