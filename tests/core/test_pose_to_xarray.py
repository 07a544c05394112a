"""The layout `movement` documents for a poses dataset: dimensions, variables and attributes of its own validator and loaders."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from skelgait.core.errors import NotInstalled
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17


@pytest.fixture
def pose() -> PoseSequence:
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 1000, (12, 17, 2))
    xy[4, 5] = np.nan
    time_s = np.arange(12) / 50 + np.r_[np.zeros(6), np.full(6, 0.01)]
    return PoseSequence(xy, rng.uniform(0.2, 1, (12, 17)), fps=50, skeleton=COCO17, time_s=time_s, source="walk.mp4")


def test_the_layout_movement_reads(pose):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed (extra: interchange)")
    dataset = pose.to_xarray(individual="child")
    assert isinstance(dataset, xarray.Dataset)
    assert set(dataset.data_vars) == {"position", "confidence"}
    assert dataset.position.dims == ("time", "space", "keypoints", "individuals")
    assert dataset.confidence.dims == ("time", "keypoints", "individuals")
    assert dataset.space.values.tolist() == ["x", "y"]
    assert dataset.keypoints.values.tolist() == list(COCO17.names)
    assert dataset.individuals.values.tolist() == ["child"]
    assert dataset.attrs == {
        "source_software": "skelgait", "ds_type": "poses", "fps": 50.0, "time_unit": "seconds", "source_file": "walk.mp4",
    }  # fmt: skip


def test_every_number_is_where_its_name_says(pose):
    pytest.importorskip("xarray", reason="xarray is not installed (extra: interchange)")
    dataset = pose.to_xarray()
    assert np.array_equal(dataset.time, pose.time_s)
    for name in ("left_ankle", "right_shoulder"):
        one = dataset.sel(keypoints=name, individuals="id_0")
        assert np.array_equal(one.position.sel(space="x"), pose.point(name)[:, 0], equal_nan=True)
        assert np.array_equal(one.position.sel(space="y"), pose.point(name)[:, 1], equal_nan=True)
        assert np.array_equal(one.confidence, pose.point_confidence(name))
    dataset.position[:] = 0  # its own copy
    assert np.nanmax(pose.xy) > 0


def test_singular_names_hold_the_same(pose):
    pytest.importorskip("xarray", reason="xarray is not installed (extra: interchange)")
    new = pose.to_xarray(singular=True)
    assert new.position.dims == ("time", "space", "keypoint", "individual")
    assert new.rename(keypoint="keypoints", individual="individuals").identical(pose.to_xarray())


def test_it_goes_through_the_netcdf_that_movement_opens(pose, tmp_path):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed (extra: interchange)")
    dataset = pose.to_xarray()
    dataset.to_netcdf(tmp_path / "walk.nc", engine="scipy")
    back = xarray.load_dataset(tmp_path / "walk.nc", engine="scipy")
    xarray.testing.assert_equal(back, dataset)
    assert {name: back.attrs[name] for name in ("ds_type", "time_unit", "fps")} == {
        "ds_type": "poses",
        "time_unit": "seconds",
        "fps": 50,
    }


def test_movement_itself_takes_it_for_its_own(pose, tmp_path):
    """Validators, kinematics, filters and savers of the package, on the dataset as it comes out of a netCDF file."""
    xarray = pytest.importorskip("xarray", reason="xarray is not installed (extra: interchange)")
    reason = "movement is not installed (pip install movement, best in an environment of its own)"
    pytest.importorskip("movement", reason=reason)
    from movement import filtering, kinematics
    from movement.io import load_poses, save_poses
    from movement.validators.datasets import ValidPosesInputs

    singular = "keypoint" in ValidPosesInputs.DIM_NAMES  # from 0.17 on
    keypoint, individual = ("keypoint", "individual") if singular else ("keypoints", "individuals")
    pose.to_xarray(singular=singular).to_netcdf(tmp_path / "walk.nc", engine="scipy")
    dataset = xarray.load_dataset(tmp_path / "walk.nc", engine="scipy")

    ValidPosesInputs.validate(dataset)
    own = load_poses.from_numpy(
        pose.xy.transpose(0, 2, 1)[..., None], pose.confidence[..., None],
        individual_names=["id_0"], keypoint_names=list(COCO17.names), fps=50.0, source_software="skelgait",
    )  # fmt: skip
    steady = dataset.assign_coords(time=own.time)  # the true times of this pose are not steady
    xarray.testing.assert_equal(steady, own)
    assert own.attrs.items() <= dataset.attrs.items()

    velocity = kinematics.compute_velocity(dataset.position)
    assert velocity.dims == ("time", "space", keypoint, individual)
    by_hand = np.gradient(pose.point("left_ankle"), pose.time_s, axis=0)
    np.testing.assert_allclose(velocity.sel({keypoint: "left_ankle"}).squeeze(individual), by_hand, rtol=1e-9)
    sure = filtering.filter_by_confidence(dataset.position, dataset.confidence, threshold=0.6)
    assert bool((sure.isnull().any("space") == (dataset.confidence < 0.6)).all())
    assert not filtering.interpolate_over_time(dataset.position).isnull().any()

    save_poses.to_dlc_file(dataset, tmp_path / "walk.csv", split_individuals=False)
    back = load_poses.from_dlc_file(tmp_path / "walk.csv", fps=50)
    np.testing.assert_allclose(back.position, dataset.position)


def test_without_xarray_it_says_what_to_install(pose, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(NotInstalled, match=r"needs xarray.*skelgait\[interchange\]"):
        pose.to_xarray()
