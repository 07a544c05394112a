from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.estimator.per_item import PerItem

TASK = sg.Task(
    "FOUR",
    items=("left_knee", "left_side", "right_knee", "right_side"),
    levels=("typical", "atypical"),
    planes=("sagittal", "frontal", "sagittal", "frontal"),
)
POSES = [{"stgcn": {"stages": [4, 8], "fps": 15.0, "plane": plane}} for plane in ("sagittal", "frontal")]


@pytest.fixture(scope="module")
def visits() -> list[sg.Trial]:
    trials = []
    rng = np.random.default_rng(0)
    for i in range(6):
        child = sg.Walker(crouch_deg=(5 * i, 3))
        poses = {
            "sagittal": child.film(fps=30, duration_s=2.4).pose,
            "frontal": child.film(sg.Camera(view="frontal_towards", distance_m=9), fps=30, duration_s=2.4).pose,
        }
        scores = ["atypical" if one else "typical" for one in rng.integers(0, 2, 4)]
        trials.append(sg.Trial(f"child{i}", poses, labels={"four": scores}))
    return trials


def model(**settings: object) -> sg.GaitClassifier:
    given = {
        "encoders": POSES,
        "by_plane": True,
        "batch_size": 3,
        "max_epochs": 1,
        "progress": False,
        "random_state": 0,
        **settings,
    }
    return sg.GaitClassifier(TASK, **given)  # type: ignore[arg-type]


def test_each_item_is_what_a_model_of_it_alone_answers(visits: list[sg.Trial], tmp_path: Path) -> None:
    each = PerItem(model(augmentation={"mirror": 0.5, "roll_deg": 2})).fit(visits)
    said = each.predict_proba(visits)
    assert said.shape == (6, 4, 2)
    assert np.allclose(said.sum(-1), 1)
    assert [len(one.network_.encoders) for one in each.models_] == [1, 1, 1, 1]
    alone = sg.GaitClassifier(
        sg.Task("FOUR left_side", items=("left_side",), levels=TASK.levels, planes=("frontal",)),
        POSES[1],
        by_plane=True,
        augmentation={"roll_deg": 2},
        batch_size=3,
        max_epochs=1,
        progress=False,
        random_state=0,
    ).fit(visits, [t.labels["four"][1] for t in visits])
    assert np.allclose(alone.predict_proba(visits), said[:, 1], atol=1e-6)
    again = PerItem.load(each.save(tmp_path / "each"))
    assert np.allclose(again.predict_proba(visits), said, atol=1e-6)
    assert (again.predict(visits) == each.predict(visits)).all()
    before = {path.name: path.read_bytes() for path in (tmp_path / "each").iterdir()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sg.GaitClassifier, "save", _full_disk_at_the_second())
        with pytest.raises(OSError, match="full"):
            each.save(tmp_path / "each")
    assert {path.name: path.read_bytes() for path in (tmp_path / "each").iterdir()} == before, "all of it or nothing"
    assert each.has_seen(visits) == [t.subject for t in visits]
    assert 0 <= each.score(visits) <= 1


def _full_disk_at_the_second():
    saved, write = [], sg.GaitClassifier.save

    def save(self: sg.GaitClassifier, path: Path) -> Path:
        if saved:
            raise OSError("disk full")
        saved.append(path)
        return write(self, path)

    return save


def test_limbs_share_a_model_a_pair(visits: list[sg.Trial]) -> None:
    each = PerItem(model(share_limbs=True)).fit(visits)
    assert each.groups_ == [[0, 2], [1, 3]]
    assert each.models_[1].task.items == ("left_side", "right_side")
    assert np.allclose(each.predict_proba(visits).sum(-1), 1)


def test_items_not_filmed_or_never_scored_get_no_answer(visits: list[sg.Trial]) -> None:
    labelled = [t.with_(labels={"four": [*t.labels["four"][:3], None]}) for t in visits]
    each = PerItem(model()).fit(labelled)
    assert each.models_[3] is None
    with pytest.warns(UserWarning, match="no answer to 2 of 4 items for 2 of 2 walks"):
        said = each.predict_proba([visits[0].with_(pose={"sagittal": visits[0].pose["sagittal"]}), visits[1]])
    assert np.isnan(said[..., 0]).tolist() == [[False, True, False, True], [False, False, False, True]]


def test_what_is_no_folder_of_models_is_refused(tmp_path: Path, visits: list[sg.Trial]) -> None:
    with pytest.raises(FileError, match="holds no models of single items"):
        PerItem.load(tmp_path)
    with pytest.raises(SkelgaitError, match="no trial has a known answer"):
        PerItem(model()).fit([t.with_(labels={}) for t in visits])
