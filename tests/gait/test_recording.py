"""From where a walk was taken, and what about it forbids measuring it: told in words."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import WrongView
from skelgait.core.skeleton import BODY25, COCO17
from skelgait.core.trial import Trial
from skelgait.gait.describe import describe
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import measure
from skelgait.gait.recording import choose_plane, turned_off_plane_deg, unseen_feet
from skelgait.report.cautions import find_cautions
from skelgait.report.visit import gather_visit
from skelgait.signals.travel import find_bouts
from skelgait.signals.view import ViewEstimate
from skelgait.walker import Camera, Walker

SIDE = Camera()


@pytest.mark.parametrize(
    ("view", "heading", "filed", "plane", "said"),
    [
        ("sagittal_left", 5.0, "sagittal", "sagittal", ""),
        ("sagittal_left", 5.0, "frontal", "sagittal", "filed as frontal, but"),
        ("oblique", 45.0, "sagittal", "oblique", ""),
        (None, 30.0, "sagittal", "sagittal", "taken as sagittal, as filed"),
        (None, 30.0, "frontal", "oblique", "refused"),
    ],
)
def test_the_plane_is_the_one_that_is_seen(view, heading: float, filed: str, plane: str, said: str) -> None:  # type: ignore[no-untyped-def]
    notes: list[str] = []
    assert choose_plane(ViewEstimate(view, 0.5, "so it looks", {"heading_deg": heading}), filed, notes) == plane
    assert bool(notes) == bool(said)
    assert said in "".join(notes)


def test_a_recording_filed_under_the_wrong_plane_is_measured_in_its_own() -> None:
    front = Walker().film(Camera(view="frontal_towards", distance_m=14), fps=60, duration_s=8)
    result = measure(Trial("child", {"sagittal": front.pose}))
    assert list(result.planes) == ["frontal"]
    assert "filed as sagittal" in result.planes["frontal"].notes[0]


def test_what_somebody_says_is_another_plane_is_refused_unless_he_insists() -> None:
    front, side = (
        Walker().film(Camera(view=view, distance_m=14), fps=60, duration_s=6).pose for view in ("frontal_towards", "sagittal_left")
    )
    with pytest.raises(WrongView, match=r'filed as frontal, but looks sagittal[\s\S]*from the side[\s\S]*view="frontal"'):
        measure(Trial("child", {"frontal": side}))
    with pytest.raises(WrongView):
        measure(Trial("child", {"sagittal": front, "frontal": side}))
    result = measure(Trial("child", {"sagittal": side, "frontal": side}))
    assert list(result.planes) == ["sagittal"]
    assert "looks sagittal" in result.failures["frontal"]
    assert np.isfinite(result.values["left_knee_flexion_range_deg"])
    assert np.isnan(result.values["left_knee_valgus_mid_stance_deg"])
    insisted = measure(Trial("child", {"frontal": side.with_(view="frontal")}))
    assert list(insisted.planes) == ["frontal"]
    table = describe([Trial("a", {"frontal": side}), Trial("b", {"sagittal": side})], progress=False)
    assert table.loc["a", [d.name for d in DESCRIPTORS]].isna().all()
    assert table.loc["b", "cadence_spm"] > 0


def test_a_recording_given_as_another_plane_is_told():
    pose = Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=4).pose
    result = measure(Trial("a", pose.with_(view="sagittal")))
    words = "this recording looks frontal_towards, but it was given as sagittal"
    assert any(words in note for note in result.planes["sagittal"].notes)
    assert words in result.reasons["cadence_spm"]
    assert words in result.reasons["left_knee_flexion_range_deg"]
    result = measure(Trial("a", pose))
    assert not any("given as" in note for note in result.planes["frontal"].notes)


@pytest.mark.parametrize(("view", "plane"), [("sagittal_left", "sagittal"), ("frontal_away", "frontal")])
def test_the_turn_off_the_plane_in_degrees(view: str, plane: str) -> None:
    for yaw_deg in (0, 15):
        pose = Walker().film(Camera(view=view, yaw_deg=yaw_deg), fps=30, duration_s=5).pose
        assert turned_off_plane_deg(pose, find_bouts(pose), plane) == pytest.approx(yaw_deg, abs=4)
    assert np.isnan(turned_off_plane_deg(pose, (), plane))


def test_feet_that_cannot_time_a_step() -> None:
    pose = Walker().film(Camera(view="frontal_towards"), fps=30, duration_s=3).pose
    assert unseen_feet(pose) == ""
    assert unseen_feet(pose.map_to(COCO17)) == "the layout coco17 lacks"
    xy = np.array(pose.xy)
    for part in ("heel", "big_toe"):
        xy[:60, BODY25.index(f"right_{part}")] = np.nan
    assert unseen_feet(pose.with_(xy=xy)) == "are hardly seen on the right"


@pytest.mark.parametrize(
    ("view", "name", "untouched"),
    [
        ("sagittal_right", "step_length_ll", "cadence_spm"),
        ("sagittal_right", "left_knee_flexion_max_swing_deg", "cadence_spm"),
        ("frontal_towards", "step_width_ll", "cadence_spm"),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_a_walk_turned_within_its_plane_is_noted_with_the_size_of_the_error(view, name, untouched, told) -> None:  # type: ignore[no-untyped-def]
    for yaw_deg in (0, 12, -12):
        pose = Walker().film(Camera(view=view, yaw_deg=yaw_deg), fps=60, duration_s=6).pose
        measured = measure(Trial("child", pose.with_(view=view) if told else pose))
        noted = "the walk heads some" in measured.notes.get(name, "")
        assert noted == (yaw_deg != 0)
        assert any("the walk heads some" in note for note in measured.planes[view.split("_")[0]].notes) == noted
        assert "degrees off" not in measured.notes.get(untouched, "")
        assert next(iter(measured.planes.values())).turned_deg == pytest.approx(abs(yaw_deg), abs=4)


def test_somebody_who_walks_backwards_is_told_so() -> None:
    forwards = Walker().film(SIDE, fps=60, duration_s=6).pose
    backwards = forwards.with_(xy=np.array(forwards.xy)[::-1], confidence=np.array(forwards.confidence)[::-1])
    measured = measure(Trial("child", backwards))
    for d in DESCRIPTORS:
        if d.plane != "frontal":
            assert np.isnan(measured.values[d.name]), d.name
            assert "walks backwards" in measured.reasons[d.name], d.name
    assert not any("backwards" in note for note in measure(Trial("child", forwards)).planes["sagittal"].notes)


def test_a_side_view_given_as_a_front_view_is_told_even_where_strides_are_found() -> None:
    pose = Walker().film(Camera(view="sagittal"), fps=60, duration_s=6).pose
    side = measure(Trial("a", {"sagittal": pose}))
    given = Trial("a", {"frontal": pose.with_(view="frontal")}, events={"frontal": side.planes["sagittal"].events})
    result = measure(given)
    assert len(result.planes["frontal"].strides)
    words = "but it was given as frontal and measured so: where that is wrong, give it as sagittal, or without a view"
    assert words in result.planes["frontal"].notes[-1]
    assert words in find_cautions(gather_visit(given, measurement=result))[0]
    assert np.isfinite(result.values["cadence_spm"])
