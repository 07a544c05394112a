from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BLAZEPOSE33, BODY25, COCO17, SKELETONS
from skelgait.io.poses import read_pose, write_pose


def test_round_trip_keeps_everything(tmp_path, walk, equal):
    write_pose(walk, tmp_path / "a.csv")
    assert equal(read_pose(tmp_path / "a.csv"), walk)


def test_pandas_reads_it_too(tmp_path, walk):
    write_pose(walk, tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv", comment="#")
    assert list(table.columns) == ["frame", "time_s", "keypoint", "x_px", "y_px", "confidence", "filled", "swapped"]
    assert len(table) == 40 * 17


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(sorted(SKELETONS)),
    frames=st.integers(3, 9),
    fps=st.floats(1, 480),
    seed=st.integers(0, 99),
    view=st.sampled_from([None, "oblique"]),
    ending=st.sampled_from([".csv", ".npz"]),
)
def test_any_pose_comes_back(tmp_path_factory, equal, name, frames, fps, seed, view, ending):
    rng = np.random.default_rng(seed)
    skeleton = SKELETONS[name]
    xy = rng.normal(0, 1000, (frames, len(skeleton), 2))
    xy[rng.random(xy.shape[:2]) < 0.3] = np.nan
    pose = PoseSequence(xy, rng.random(xy.shape[:2]), fps=fps, skeleton=skeleton, view=view)
    path = tmp_path_factory.mktemp("any") / f"a{ending}"
    write_pose(pose, path)
    assert equal(read_pose(path), pose)


def long_table(xy, names, **columns):
    frames, points = xy.shape[:2]
    base = {
        "frame": np.repeat(np.arange(frames), points),
        "keypoint": np.tile(names, frames),
        "x": xy[..., 0].ravel(),
        "y": xy[..., 1].ravel(),
    }
    return pd.DataFrame({**base, **columns})


def test_any_long_table(tmp_path, walking):
    xy = walking(COCO17, 12)
    table = long_table(xy, [name.replace("left_", "L ") for name in COCO17.names], likelihood=0.7)
    table["time"] = table["frame"] / 120
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "a.csv", index=False)
    table = table[~((table.frame == 3) & (table.keypoint == "nose"))]
    table.to_csv(tmp_path / "b.csv", index=False)
    for name in "ab":
        pose = read_pose(tmp_path / f"{name}.csv")
        assert pose.fps == 120
        order = [pose.skeleton.index(point) for point in COCO17.names]
        assert np.allclose(pose.xy[4:, order], xy[4:])
        assert np.allclose(pose.confidence[4:], 0.7)
    assert np.isnan(pose.xy[3, pose.skeleton.index("nose")]).all()


def test_numbered_landmarks_and_several_people(tmp_path, walking):
    walker, stander = walking(BLAZEPOSE33, 40), walking(BLAZEPOSE33, 40, start_px=900, speed_px=0)
    tables = [long_table(xy, np.arange(33), person=who) for who, xy in (("anna", stander), ("ben", walker))]
    pd.concat(tables).rename(columns={"keypoint": "landmark_id"}).to_csv(tmp_path / "a.csv", index=False)
    pose = read_pose(tmp_path / "a.csv", fps=30)
    assert pose.skeleton is BLAZEPOSE33
    assert np.allclose(pose.xy, walker)
    assert np.allclose(read_pose(tmp_path / "a.csv", fps=30, person="anna").xy, stander)


def test_a_skipped_frame_is_empty_and_a_comment_may_carry_the_rate(tmp_path, walking):
    xy = walking(BODY25, 10)
    table = long_table(xy, BODY25.names)
    text = table[table.frame != 4].to_csv(index=False)
    (tmp_path / "a.csv").write_text("# fps=100, view=frontal\n" + text)
    pose = read_pose(tmp_path / "a.csv")
    assert (pose.n_frames, pose.fps, pose.view, pose.skeleton) == (10, 100, "frontal", BODY25)
    assert np.isnan(pose.xy[4]).all()


def test_refusals(tmp_path, walk, walking):
    write_pose(walk, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text()
    (tmp_path / "cut.csv").write_text(text[: text.rindex("\n", 0, len(text) // 2) + 1])
    with pytest.raises(FileError, match=r"cut.csv breaks off. Found: \d+ rows. Expected: 17 rows a frame"):
        read_pose(tmp_path / "cut.csv")
    table = long_table(walking(COCO17, 5), COCO17.names)
    pd.concat([table, table.iloc[7:8]]).to_csv(tmp_path / "twice.csv", index=False)
    with pytest.raises(
        FileError, match=r"twice.csv has a keypoint twice in one frame. Found: left_elbow in frame 0.*or add a column person"
    ):
        read_pose(tmp_path / "twice.csv", fps=30)
    table.assign(x="lost").to_csv(tmp_path / "text.csv", index=False)
    with pytest.raises(FileError, match=r"a coordinate of text.csv is not a number"):
        read_pose(tmp_path / "text.csv", fps=30)
    (tmp_path / "odd.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(
        FileError,
        match=r"odd.csv is of no format skelgait reads. Found: columns a, b, c. .*a CSV needs the columns frame, keypoint, x, y",
    ):
        read_pose(tmp_path / "odd.csv", fps=30)


def test_rows_in_another_order_are_the_same_layout(tmp_path, walk):
    from skelgait.io.poses import read_pose

    walk.to_frame().sample(frac=1, random_state=1).to_csv(tmp_path / "mixed.csv", index=False)
    pose = read_pose(tmp_path / "mixed.csv", 60)
    assert pose.skeleton == walk.skeleton
    assert np.allclose(pose.xy, walk.xy, equal_nan=True)


def test_rows_of_our_own_in_another_order(tmp_path, walk, equal):
    import pandas as pd

    from skelgait.io.poses import read_pose, write_pose

    write_pose(walk, tmp_path / "ours.csv")
    first = (tmp_path / "ours.csv").read_text(encoding="utf-8").splitlines()[0]
    table = pd.read_csv(tmp_path / "ours.csv", comment="#")
    for mixed in (table.sample(frac=1, random_state=2), table.sort_values(["keypoint", "frame"])):
        (tmp_path / "mixed.csv").write_text(f"{first}\n{mixed.to_csv(index=False)}", encoding="utf-8")
        assert equal(read_pose(tmp_path / "mixed.csv"), read_pose(tmp_path / "ours.csv"))
