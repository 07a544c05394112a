from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.clip import Clip
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.skeleton import COCO17
from skelgait.core.trial import Trial

POSE = PoseSequence(np.zeros((5, 17, 2)), fps=30, skeleton=COCO17, view="frontal_away")


def test_a_bare_pose_goes_under_its_plane() -> None:
    assert list(Trial("a", POSE).pose) == ["frontal"]
    assert list(Trial("a", POSE.with_(view=None)).pose) == ["sagittal"]
    assert Trial("a", POSE).name == "a"


def test_nothing_can_be_changed_and_everything_pickles() -> None:
    trial = Trial("a", POSE, labels={"gmfcs": "II"}, height_m=1.2)
    with pytest.raises(TypeError):
        trial.labels["gmfcs"] = "I"  # type: ignore[index]
    again = pickle.loads(pickle.dumps(trial))
    assert again.labels["gmfcs"] == "II"
    assert again.pose["frontal"].n_frames == 5
    assert trial.with_(height_m=1.3).height_m == 1.3


def test_nan_measures_are_unknown() -> None:
    assert Trial("a", height_m=float("nan")).height_m is None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"subject": " "}, "needs a subject"),
        (
            {"height_m": 128},
            "height_m cannot be right. Found: 128, which looks like centimetres. Expected: 0.4 to 2.5 metres.*give height_m=1.28",
        ),
        ({"leg_length_m": 128}, "leg_length_m cannot be right.*looks like centimetres.*give leg_length_m=1.28"),
        ({"leg_length_m": 640}, "looks like millimetres.*give leg_length_m=0.64"),
        ({"mass_kg": 25000}, "looks like grams.*give mass_kg=25"),
        ({"height_m": 0.01}, "Expected: 0.4 to 2.5 metres.$"),
        ({"height_m": 1.28, "leg_length_m": 1.2}, "legs of 1.2 m and a height of 1.28 m.*a leg is about half of the height"),
        ({"age_years": -1}, "age_years cannot be right"),
        ({"sex": "f"}, "unknown sex"),
        ({"pose": {"side": POSE}}, "unknown plane. Found: side"),
        ({"pose": {"sagittal": "walk.json"}}, "is not a pose. Found: str. What to do: read it with"),
    ],
)
def test_refusals(changes: dict, text: str) -> None:
    with pytest.raises(SkelgaitError, match=text):
        Trial(**{"subject": "a", **changes})


def test_a_path_is_no_pose():
    with pytest.raises(SkelgaitError, match=r"pose is neither a pose nor poses by plane. Found: 'side.csv'. What to do: read it"):
        Trial("x", "side.csv")


@pytest.mark.parametrize("value", ["1,28", [1.2], "tall"])
def test_a_measure_that_is_no_number(value):
    with pytest.raises(SkelgaitError, match="height_m is not a number"):
        Trial("x", height_m=value)


def test_an_error_keeps_its_own_mark():
    assert str(SkelgaitError("bad!", found="who?", do="is it x?.")) == "bad! Found: who? What to do: is it x?"


def test_an_error_ends_with_one_stop():
    assert str(SkelgaitError("bad", found="\n  a.\n", do="mend it.")) == "bad. Found: \n  a. What to do: mend it."


def test_silhouettes_are_given_whole_or_as_a_path(tmp_path: Path) -> None:
    walk = SilhouetteSequence(np.ones((5, 64, 44), bool), fps=30, view="frontal_towards")
    path = walk.save(tmp_path / "walk.silhouettes.npz").path
    assert list(Trial("a", silhouettes=walk).silhouettes) == ["frontal"]
    for given in (walk, path, tmp_path / "walk.silhouettes.npz"):
        assert len(Trial("a", silhouettes={"sagittal": given}).silhouette_sequence("sagittal")) == 5
    both = Trial("a", silhouettes={"sagittal": path, "frontal": walk})
    assert both.silhouette_sequence("frontal") is walk
    with pytest.raises(SkelgaitError, match="of two planes, and none was named"):
        both.silhouette_sequence()
    with pytest.raises(SkelgaitError, match=r"'a' has no frontal silhouettes. Found: silhouettes of the sagittal plane"):
        Trial("a", silhouettes={"sagittal": path}).silhouette_sequence("frontal")
    with pytest.raises(SkelgaitError, match=r"'a' has no silhouettes. Found: no silhouettes. What to do: make them with"):
        Trial("a").silhouette_sequence()
    with pytest.raises(SkelgaitError, match="from which plane"):
        Trial("a", silhouettes=SilhouetteSequence(np.ones((5, 64, 44), bool), fps=30))
    with pytest.raises(SkelgaitError, match=r"silhouettes\['frontal'\] are no silhouettes. Found: ndarray"):
        Trial("a", silhouettes={"frontal": np.ones((5, 64, 44))})
    with pytest.raises(FileError, match="there is no file"):
        Trial("a", silhouettes={"frontal": tmp_path / "none.npz"}).silhouette_sequence()


def test_clips_are_opened_when_asked_for(tmp_path: Path) -> None:
    clip = Clip(np.zeros((4, 8, 8, 3), np.uint8), fps=25, view="frontal_away")
    kept = clip.save(tmp_path / "c.clip.npz").path
    for trial in (Trial("a", clips=clip), Trial("a", clips={"frontal": kept})):
        assert len(trial.clip()) == len(trial.clip("frontal")) == 4
        assert list(pickle.loads(pickle.dumps(trial)).clips) == ["frontal"]
        with pytest.raises(
            SkelgaitError, match=r"has no sagittal clip. Found: clips of the frontal plane.*sg.extract_clip\(video\)"
        ):
            trial.clip("sagittal")
    with pytest.raises(SkelgaitError, match="has clips of two planes"):
        Trial("a", clips={"frontal": clip, "sagittal": kept}).clip()
    with pytest.raises(SkelgaitError, match=r"has no clip. Found: no clip"):
        Trial("a").clip()
    with pytest.raises(SkelgaitError, match="from which plane is this clip"):
        Trial("a", clips=clip.with_(view=None))
    with pytest.raises(SkelgaitError, match=r"clips\['frontal'\] is no clip. Found: int. Expected: a Clip, or the path of one"):
        Trial("a", clips={"frontal": 3})
    with pytest.raises(FileError, match="there is no file"):
        Trial("a", clips={"frontal": tmp_path / "none.npz"}).clip()
