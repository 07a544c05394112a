"""Pictures of the body: which contacts, which bones, which frames were seen."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, WHOLEBODY133
from skelgait.gait.measure import Measurement
from skelgait.report.pictures import choose_contacts, draw_contacts, visible_bones


def test_the_surest_contacts_of_both_sides_are_shown_in_order() -> None:
    n = 6
    events = GaitEvents(
        ["left", "right"] * n, ["initial_contact"] * 2 * n, np.arange(2 * n), np.arange(2 * n), [0.5, 0.9] * (n - 1) + [0.99, 0.99]
    )
    rows = choose_contacts(events, 4)
    assert rows.tolist() == sorted(rows.tolist())
    assert events.side[rows].tolist().count("left") == 2
    assert {10, 11} <= set(rows.tolist())


def test_a_side_without_contacts_leaves_its_room_to_the_other() -> None:
    events = GaitEvents(["left"] * 8, ["initial_contact"] * 8, np.arange(8), np.arange(8))
    assert len(choose_contacts(events, 6)) == 6
    assert len(choose_contacts(events.select("right"), 6)) == 0


def test_drawn_joints_are_the_pose_at_the_contact(both_planes: Measurement) -> None:
    m = both_planes.planes["sagittal"]
    figure = draw_contacts(m.pose, m.events, most=2)
    row = choose_contacts(m.events, 2)[0]
    frame = round(float(m.events.time_s[row]) * m.pose.fps)
    (ax, _) = figure.axes
    bones = [line for drawn in ax.collections if drawn.get_gid() == "bones" for line in drawn.get_segments()]
    shin = m.pose.xy[frame][[BODY25.index("right_knee"), BODY25.index("right_ankle")]]
    assert any(np.allclose(bone, shin) or np.allclose(bone[::-1], shin) for bone in bones)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # y runs down, as in the image
    assert f"{m.events.time_s[row]:.2f} s" == ax.get_xlabel()


def test_the_frame_lies_under_the_skeleton_in_the_poses_pixels(both_planes: Measurement) -> None:
    m = both_planes.planes["sagittal"]
    row = int(choose_contacts(m.events, 2)[0])
    small = np.full((54, 96, 3), 128, np.uint8)
    figure = draw_contacts(m.pose.with_(size=(1920, 1080)), m.events, images={row: small}, most=2)
    (image,) = figure.axes[0].get_images()
    assert tuple(image.get_extent()) == (-0.5, 1919.5, 1079.5, -0.5)
    assert not figure.axes[1].get_images()


def test_one_scale_from_the_side_and_the_bodys_own_from_the_front(both_planes: Measurement) -> None:
    for plane, alike in (("sagittal", True), ("frontal", False)):
        m = both_planes.planes[plane]
        contacts = m.events if m.events.where(event="initial_contact").sum() > 1 else both_planes.planes["sagittal"].events
        heights = [abs(np.subtract(*ax.get_ylim())) for ax in draw_contacts(m.pose, contacts).axes]
        assert (float(max(heights) - min(heights)) < 1e-6) is alike


def test_nothing_of_the_strip_is_cut_off(both_planes: Measurement) -> None:
    for m in both_planes.planes.values():
        figure = draw_contacts(m.pose, m.events)
        figure.draw_without_rendering()
        for ax in figure.axes:
            for text in (ax.title, ax._left_title, ax.xaxis.label):
                box = text.get_window_extent()
                assert box.y0 >= 0
                assert box.y1 <= figure.bbox.height


def test_no_contact_is_refused(both_planes: Measurement) -> None:
    pose = both_planes.planes["sagittal"].pose
    with pytest.raises(SkelgaitError, match="no contact to draw"):
        draw_contacts(pose, both_planes.planes["sagittal"].events.select(event="foot_off"))


def test_face_and_fingers_are_not_drawn() -> None:
    pose = PoseSequence(np.zeros((1, 133, 2)), fps=30, skeleton=WHOLEBODY133)
    names = {WHOLEBODY133.names[k] for a, b, _ in visible_bones(pose) for k in (a, b)}
    assert "left_ankle" in names
    assert "left_big_toe" in names
    assert not [n for n in names if "finger" in n or "thumb" in n or n.startswith("face")]
