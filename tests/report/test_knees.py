"""The alignment figure shows the frame that was measured, with the lines it was read from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.gait.measure import Measurement
from skelgait.report.knees import choose_knees, draw_knees
from skelgait.report.visit import Visit, gather_visit


@pytest.fixture(scope="module")
def visit(both_planes: Measurement) -> Visit:
    return gather_visit(both_planes.trial, measurement=both_planes)


def test_the_frame_shown_reads_as_the_median(visit: Visit) -> None:
    for one in choose_knees(visit):
        (median,) = visit.alignment.loc[visit.alignment.side == one.side, "valgus_deg"]
        assert one.valgus_deg == pytest.approx(median, abs=1.0)
        assert one.valgus_deg == one.recording.measured.angles[f"{one.side}_knee_valgus_deg"][one.frame]


def test_lines_are_hip_knee_ankle_of_that_frame(visit: Visit) -> None:
    chosen = choose_knees(visit)
    figure = draw_knees(chosen)
    for ax, one in zip(figure.axes, chosen, strict=True):
        lines = {line.get_gid(): line.get_xydata() for line in ax.get_lines()}
        pose = one.recording.measured.pose
        leg = np.array([pose.point(f"{one.side}_{joint}")[one.frame] for joint in ("hip", "knee", "ankle")])
        np.testing.assert_allclose(lines["hip-knee-ankle"], leg)
        np.testing.assert_allclose(lines["straight"], leg[[0, 2]])
        thigh, shank = leg[0] - leg[1], leg[2] - leg[1]
        angle = 180 - np.degrees(np.arccos(thigh @ shank / np.linalg.norm(thigh) / np.linalg.norm(shank)))
        assert [t.get_text() for t in ax.texts] == [f"{abs(one.valgus_deg):.1f}° {'valgus' if one.valgus_deg > 0 else 'varus'}"]
        assert abs(one.valgus_deg) == pytest.approx(angle, abs=0.2)
        assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_the_picture_lies_under_the_leg(visit: Visit) -> None:
    image = np.full((54, 96, 3), 90, np.uint8)
    figure = draw_knees(choose_knees(visit), images={"left": image})
    assert len(figure.axes[0].get_images()) == 1
    assert not figure.axes[1].get_images()


def test_a_knee_that_was_not_measured_is_not_shown(visit: Visit) -> None:
    table = visit.alignment.copy()
    table.loc[table.side == "left", "valgus_deg"] = np.nan
    assert [k.side for k in choose_knees(replace(visit, alignment=table))] == ["right"]
    with pytest.raises(SkelgaitError, match="no knee"):
        draw_knees([])
