from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import FileError, NotInstalled, SkelgaitError
from skelgait.core.skeleton import COCO17
from skelgait.estimation import mmpose_pose
from skelgait.estimation.estimate import estimate_pose
from skelgait.estimation.mmpose_pose import VARIABLE, MmposePose

ROOT = Path(__file__).resolve().parents[2]
# Stand-ins for what the worker imports: the same calls as mmpose 1.3, keypoints at the lower right corner of the box.
PACKAGES = {
    "mmpose/__init__.py": "",
    "mmpose/apis.py": """
class Model:
    def __init__(self, config):
        if "broken" in config:
            raise RuntimeError("this configuration is broken")
        names = ["nose", "left_eye", "right_eye", "left_ear", "right_ear"] + ["point_%d" % k for k in range(12)]
        self.dataset_meta = {"keypoint_id2name": dict(enumerate(names)), "skeleton_links": [(0, 1)], "dataset_name": "toy"}
        class test_dataloader: dataset = type("d", (), {"pipeline": []})
        self.cfg = type("c", (), {"test_dataloader": test_dataloader})
    def test_step(self, batch):
        import numpy as np
        out = []
        for item in batch:
            score = 0.7 if item["img"][0, 0].tolist() == [3, 2, 1] else 0.5  # BGR of the picture the test sends
            corner = np.tile(item["bbox"][0, 2:], (17, 1))[None]
            pred = type("p", (), {"keypoints": corner, "keypoint_scores": np.full((1, 17), score)})
            out.append(type("r", (), {"pred_instances": pred}))
        return out
def init_model(config, checkpoint, device, cfg_options):
    print("a line mmpose prints to standard output")
    return Model(config)
""",
    "mmpose/.mim/configs/body/rtmpose-toy.py": "",
    "mmcv/__init__.py": "",
    "mmcv/transforms.py": "def Compose(steps):\n    return lambda info: info\n",
    "mmengine/__init__.py": "",
    "mmengine/dataset.py": "def pseudo_collate(data):\n    return data\n",
    "torch.py": "import contextlib\ndef no_grad():\n    return contextlib.nullcontext()\n",
}


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another interpreter that has (stand-ins for) mmpose."""
    site = tmp_path / "site"
    for name, text in PACKAGES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{site}" exec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(VARIABLE, str(python))
    monkeypatch.setattr(mmpose_pose, "find_spec", lambda name: None)
    return python


def test_crops_and_keypoints_go_to_the_other_interpreter_and_back(other: Path) -> None:
    one = MmposePose(config="rtmpose-toy.py")
    one.open()
    image = np.tile(np.array([1, 2, 3], np.uint8), (90, 60, 1))
    for _ in range(2):
        seen = one.estimate([image, image[:50]], np.array([[30.0, 40.0, 50.0], [20.0, 30.0, 20.0]]))
    folder = Path(one._work._folder.name)
    assert sorted(p.name for p in folder.iterdir()) == ["said.txt"]
    one.close()
    assert one.skeleton is COCO17
    np.testing.assert_allclose([s.xy[0] for s in seen], [[30 + 18.5, 40 + 25.5], [20 + 7.4, 30 + 10.2]], rtol=1e-5)
    assert seen[0].confidence[0] == pytest.approx(0.7)
    assert not folder.exists()


def test_it_serves_a_video(other: Path, film: Path) -> None:
    pose = estimate_pose(film, {"mmpose": {"config": "rtmpose-toy.py", "batch": 7}}, progress=False)
    assert pose.skeleton is COCO17
    assert pose.n_frames == 60
    assert np.nanmax(pose.confidence) == pytest.approx(0.5)


def test_what_went_wrong_there_is_told_here(other: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.py").touch()
    with pytest.raises(SkelgaitError, match=r"mmpose stopped in its own interpreter.*RuntimeError: this configuration is broken"):
        MmposePose(config=str(tmp_path / "broken.py")).open()
    with pytest.raises(SkelgaitError, match=r"no mmpose config nonsense\.py, neither here nor among those mmpose ships"):
        MmposePose(config="nonsense.py").open()
    one = MmposePose(config="rtmpose-toy.py")
    one.open()
    one._work._process.kill()
    with pytest.raises(SkelgaitError, match="mmpose stopped in its own interpreter"):
        one.estimate([np.zeros((9, 9, 3), np.uint8)], np.ones((1, 3)))
    one.close()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SkelgaitError, match=r"needs a configuration.*config"):
        MmposePose().open()
    with pytest.raises(FileError, match=r"checkpoint nowhere\.pth does not exist"):
        MmposePose(config="a.py", checkpoint="nowhere.pth").open()
    monkeypatch.setattr(mmpose_pose, "find_spec", lambda name: None)
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(NotInstalled, match=rf"\${VARIABLE} is not set.*make mmpose-env"):
        MmposePose(config="a.py").open()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "python"))
    with pytest.raises(NotInstalled, match=rf"\${VARIABLE} is no interpreter"):
        MmposePose(config="a.py").open()


def test_the_worker_imports_nothing_of_ours() -> None:
    worker = Path(mmpose_pose.__file__).with_name("mmpose_worker.py")
    lines = [line.strip() for line in worker.read_text(encoding="utf8").splitlines()]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert imports
    assert not [line for line in imports if "skelgait" in line]


def test_the_recipe_is_a_shell_script() -> None:
    recipe = Path(mmpose_pose.__file__).with_name("mmpose_environment.sh")
    done = subprocess.run([shutil.which("sh") or "sh", "-n", str(recipe)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.mmpose
@pytest.mark.parametrize(
    ("config", "keypoints"), [("rtmpose-t_8xb256-420e_coco-256x192.py", 17), ("rtmw-m_8xb1024-270e_cocktail14-256x192.py", 133)]
)
def test_a_real_rtmpose_with_random_weights(film: Path, monkeypatch: pytest.MonkeyPatch, config: str, keypoints: int) -> None:
    python = Path(os.environ.get(VARIABLE, ROOT / ".venv-mmpose" / "bin" / "python"))
    if not python.exists():
        pytest.skip(f"no mmpose environment: run `make mmpose-env`, or set ${VARIABLE}")
    monkeypatch.setenv(VARIABLE, str(python))
    pose = estimate_pose(film, {"mmpose": {"config": config}}, progress=False)
    assert len(pose.skeleton) == keypoints
    assert pose.skeleton.names[:17] == COCO17.names
    assert pose.n_frames == 60
    assert np.isfinite(pose.xy).mean() > 0.05  # random points, of which those outside the picture are missing
    assert 0 < np.nanmax(pose.confidence) <= 1
