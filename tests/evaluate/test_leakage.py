"""One child or one recording on two sides is found, whatever was done to hide it; different walks are not taken for copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.leakage import leakage_check, leaks_between


def film(seed: int, *, skeleton: sg.Skeleton = sg.BODY25, fps: float = 30, **settings: float) -> sg.PoseSequence:
    child = {"cadence_spm": 105 + 7 * (seed % 5), "crouch_deg": 3.0 * (seed % 4), "rhythm_seed": seed, **settings}
    walker = sg.Walker(stride_time_cv_percent=3, **child)  # type: ignore[arg-type]
    return walker.film(fps=fps, duration_s=4, noise_px=1.5, dropout=0.02, random_state=seed, skeleton=skeleton).pose


@pytest.fixture(scope="module")
def train() -> list[sg.Trial]:
    return [sg.Trial(f"child{n // 2}", film(n), name=f"walk{n}") for n in range(12)]


def mirrored(pose: sg.PoseSequence, width: float = 1280) -> sg.PoseSequence:
    xy = pose.xy[:, pose.skeleton.mirror].copy()
    xy[..., 0] = width - xy[..., 0]
    return pose.with_(xy=xy, confidence=pose.confidence[:, pose.skeleton.mirror])


def cut(pose: sg.PoseSequence, start: int, stop: int) -> sg.PoseSequence:
    return sg.PoseSequence(pose.xy[start:stop], pose.confidence[start:stop], fps=pose.fps, skeleton=pose.skeleton)


def changed(pose: sg.PoseSequence, xy: np.ndarray) -> sg.PoseSequence:
    return sg.PoseSequence(xy, pose.confidence, fps=pose.fps, skeleton=pose.skeleton)


def as_coco(pose: sg.PoseSequence) -> sg.PoseSequence:
    order = pose.skeleton.map_to(sg.COCO17)
    return sg.PoseSequence(pose.xy[:, order], pose.confidence[:, order], fps=pose.fps, skeleton=sg.COCO17)


DISGUISES: dict[str, Callable[[sg.PoseSequence], sg.PoseSequence]] = {
    "exact": lambda p: p,
    "one decimal": lambda p: changed(p, p.xy.round(1)),
    "whole pixels": lambda p: changed(p, p.xy.round()),
    "single precision": lambda p: changed(p, p.xy.astype(np.float32)),
    "moved": lambda p: changed(p, p.xy + [40, -25]),
    "half size": lambda p: changed(p, p.xy / 2),
    "shares of the image": lambda p: changed(p, p.xy / 1280),
    "cut": lambda p: cut(p, 50, 95),
    "first half": lambda p: cut(p, 0, 60),
    "mirrored": mirrored,
    "mirrored, cut and rounded": lambda p: mirrored(cut(changed(p, p.xy.round(1)), 30, 90)),
    "another layout": as_coco,
    "another confidence": lambda p: p.with_(confidence=np.clip(p.confidence * 0.9, 0, 1)),
}


@pytest.mark.parametrize("how", DISGUISES)
def test_a_copy_is_found_under_another_name(train: list[sg.Trial], how: str) -> None:
    copy = sg.Trial("stranger", DISGUISES[how](train[4].pose["sagittal"]), name="copy")
    leaks = leaks_between(train, [copy])
    assert [(leak.first, leak.second) for leak in leaks] == [(4, 12)], how
    assert ("mirrored" in leaks[0].why) == ("mirrored" in how)
    leaks = leaks_between([copy], train)
    assert [(leak.first, leak.second) for leak in leaks] == [(0, 5)], how
    with pytest.raises(SkelgaitError, match=r"1 leak between train and test.*'walk4' \(subject child2\) and 'copy'"):
        leakage_check(train, [copy])


def test_two_overlapping_cuts_are_one_recording(train: list[sg.Trial]) -> None:
    pose = train[0].pose["sagittal"]
    one, two = (sg.Trial(name, cut(pose, *span)) for name, span in (("a", (0, 70)), ("b", (40, 120))))
    assert len(leaks_between([one], [two])) == 1
    assert leaks_between([one], [sg.Trial("b", cut(pose, 60, 120))]) == []  # ten frames in common: not enough to be sure


def test_different_walks_are_not_copies(train: list[sg.Trial]) -> None:
    others = [sg.Trial(f"other{n}", film(100 + n)) for n in range(12)]
    assert leaks_between(train, others) == []
    leakage_check(train, others)


def test_the_same_motion_filmed_twice_is_not_a_copy() -> None:
    """The same child in the same rhythm, seen with other noise, or one step later: two recordings."""
    one, two = (sg.Walker().film(fps=30, duration_s=4, noise_px=2.5, random_state=s).pose for s in (0, 1))
    assert leaks_between([sg.Trial("a", one)], [sg.Trial("b", two)]) == []


def test_a_child_on_both_sides(train: list[sg.Trial]) -> None:
    with pytest.raises(SkelgaitError, match=r"1 leak.*subject child0 \(2 and 1 walks\)"):
        leakage_check(train, [sg.Trial("child0", film(50))])
    with pytest.raises(SkelgaitError, match="subject CHILD0 and child0"):
        leakage_check(train, [sg.Trial(" CHILD0", film(50))])
    with pytest.raises(SkelgaitError, match=r"2 leaks.*subject b .*subject 007 and 7 "):
        leakage_check(["a", "b", 7], ["007", "b", "c"])
    leakage_check(["a", "b"], ["c"])


def test_ten_are_listed_and_the_rest_counted() -> None:
    with pytest.raises(SkelgaitError, match=r"14 leaks.*child9 \(1 and 1 walks\); and 4 more") as caught:
        leakage_check([f"child{n}" for n in range(14)], [f"child{n}" for n in range(14)])
    assert str(caught.value).count("subject child") == 10


def test_files_are_told_by_their_place_and_by_their_content(tmp_path: Path) -> None:
    film_, copy, other = tmp_path / "walk.mp4", tmp_path / "kopie.mp4", tmp_path / "other.mp4"
    film_.write_bytes(b"frames" * 100)
    copy.write_bytes(b"frames" * 100)
    other.write_bytes(b"FRAMES" * 100)
    link = tmp_path / "link.mp4"
    link.symlink_to(film_)

    def walk(subject: str, path: object) -> sg.Trial:
        return sg.Trial(subject, video={"frontal": str(path)})

    assert "the same file walk.mp4" in leaks_between([walk("a", film_)], [walk("b", tmp_path / "." / "walk.mp4")])[0].why
    assert "the same file walk.mp4" in leaks_between([walk("a", film_)], [walk("b", link)])[0].why
    assert "kopie.mp4" in leaks_between([walk("a", film_)], [walk("b", copy)])[0].why
    assert leaks_between([walk("a", film_)], [walk("b", other)]) == []
    assert leaks_between([walk("a", "not/there.mp4")], [walk("b", "not/there.mp4")])
    assert leaks_between([walk("a", "not/there.mp4")], [walk("b", "nor/there.mp4")]) == []
    outline = sg.Trial("b", silhouettes={"frontal": str(film_)})
    assert leaks_between([walk("a", film_)], [outline])


def test_the_same_silhouettes_are_told_wherever_they_lie(tmp_path: Path) -> None:
    drawn = np.random.default_rng(1).integers(0, 256, (30, 64, 64)).astype(np.uint8)
    whole = sg.SilhouetteSequence(drawn, fps=30, source="one.mp4")
    kept = sg.SilhouetteSequence(drawn[:, :, 10:54], fps=25, source="two.mp4").save(tmp_path / "two.silhouettes.npz")
    other = sg.SilhouetteSequence(drawn[::-1], fps=30)

    def walk(subject: str, outline: object) -> sg.Trial:
        return sg.Trial(subject, silhouettes={"frontal": outline})  # type: ignore[dict-item]

    for one, two in ((whole, kept), (whole, kept.path), (kept, whole)):
        assert [leak.why.split(": ")[1] for leak in leaks_between([walk("a", one)], [walk("b", two)])] == ["the same silhouettes"]
    assert leaks_between([walk("a", whole)], [walk("b", other)]) == []
    assert leaks_between([walk("a", kept.path)], [walk("b", tmp_path / "none.npz")]) == []


def test_the_same_clip_is_told_wherever_it_lies(tmp_path: Path) -> None:
    drawn = np.random.default_rng(1).integers(0, 256, (30, 16, 16, 3)).astype(np.uint8)
    whole = sg.Clip(drawn, fps=30, source="one.mp4")
    kept = sg.Clip(drawn, fps=25, source="two.mp4").save(tmp_path / "two.clip.npz")

    def walk(subject: str, clip: object) -> sg.Trial:
        return sg.Trial(subject, clips={"frontal": clip})  # type: ignore[dict-item]

    for one, two in ((whole, kept), (whole, kept.path), (kept, whole)):
        assert [leak.why.split(": ")[1] for leak in leaks_between([walk("a", one)], [walk("b", two)])] == ["the same clip"]
    assert leaks_between([walk("a", kept)], [walk("b", kept.path)])[0].why.endswith("the same file two.clip.npz")
    assert leaks_between([walk("a", whole)], [walk("b", whole.with_(frames=drawn[::-1]))]) == []
    assert leaks_between([walk("a", kept.path)], [walk("b", tmp_path / "none.npz")]) == []


def test_what_does_not_move_or_is_not_there_is_no_evidence() -> None:
    def still(value: float) -> sg.PoseSequence:
        return sg.PoseSequence(np.full((40, 17, 2), value), fps=30, skeleton=sg.COCO17)

    body = np.random.default_rng(0).random((1, 17, 2)) * 100
    statue = sg.PoseSequence(np.repeat(body, 40, axis=0), fps=30, skeleton=sg.COCO17)
    gone = sg.PoseSequence(np.full((40, 17, 2), np.nan), fps=30, skeleton=sg.COCO17)
    for pose in (still(0), still(5), statue, gone):
        assert leaks_between([sg.Trial("a", pose)], [sg.Trial("b", pose)]) == []
    assert leaks_between([sg.Trial("a")], [sg.Trial("b")]) == []


def test_layouts_without_a_body_are_compared_by_their_own_points() -> None:
    feet = sg.Skeleton("feet", ("left_heel", "right_heel", "left_toe", "right_toe"))
    random = np.random.default_rng(0)
    pose = sg.PoseSequence(100 * random.random((60, 4, 2)).cumsum(axis=0), fps=30, skeleton=feet)
    other = sg.PoseSequence(100 * random.random((60, 4, 2)).cumsum(axis=0), fps=30, skeleton=feet)
    assert len(leaks_between([sg.Trial("a", pose)], [sg.Trial("b", mirrored(pose))])) == 1
    assert leaks_between([sg.Trial("a", pose)], [sg.Trial("b", other)]) == []


def test_planes_of_one_walk_are_all_compared(train: list[sg.Trial]) -> None:
    both = sg.Trial("x", {"sagittal": film(60), "frontal": train[3].pose["sagittal"]})
    assert [(leak.first, leak.second) for leak in leaks_between(train, [both])] == [(3, 12)]


def test_nothing_is_changed(train: list[sg.Trial]) -> None:
    before = train[0].pose["sagittal"].xy.copy()
    leaks_between(train, [replace(train[0], subject="b")])
    np.testing.assert_array_equal(train[0].pose["sagittal"].xy, before)
