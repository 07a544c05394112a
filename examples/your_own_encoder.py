"""An encoder and a question of your own: thirty lines, and every fusion, objective and score is there for them."""

from __future__ import annotations

import numpy as np
import torch

import skelgait as sg
from skelgait.encoders.base import Encoder, Tokens, pad_sequences


class AnkleWaves(Encoder):
    """How far the ankles are apart, through one convolution over time: a token a frame."""

    inputs, axes = "pose", ("time",)

    def __init__(self, *, width: int = 16, frames: int = 15) -> None:
        super().__init__()
        self.width = width
        self.wave = torch.nn.Conv1d(2, width, frames, padding=frames // 2)

    @property
    def sequence(self) -> str:
        """Which array of a sample runs over time: windows are cut along it."""
        return "apart"

    def prepare(self, trial: sg.Trial) -> dict[str, np.ndarray]:
        """What is needed of a walk, once a walk."""
        pose = sg.clean(trial.pose["sagittal"])
        apart = pose.point("left_ankle") - pose.point("right_ankle")
        apart = apart / np.nanstd(apart)
        return {"apart": np.nan_to_num(apart).astype(np.float32), "fps": np.float32(pose.fps)}

    def collate(self, samples: list[dict[str, np.ndarray]]) -> dict[str, torch.Tensor]:
        """Walks of any length side by side."""
        apart, mask = pad_sequences([sample["apart"] for sample in samples])
        return {"apart": apart, "mask": mask}

    def forward(self, inputs: dict[str, torch.Tensor]) -> Tokens:
        """Tokens of a batch."""
        seen = inputs["apart"] * inputs["mask"][..., None]
        values = torch.relu(self.wave(seen.transpose(1, 2))).transpose(1, 2)
        return Tokens(values, inputs["mask"], values.shape[1:2])


def main() -> None:
    haste = sg.Task("HASTE", levels=("slow", "brisk", "hurried"), ordered=True)
    trials = []
    for child in range(18):
        level = haste.levels[child % 3]
        cadence = {"slow": 85, "brisk": 115, "hurried": 150}[level] + child
        trials.append(
            sg.Trial(f"child{child}", sg.Walker(cadence_spm=cadence).film(fps=30, duration_s=3).pose, labels={"haste": level})
        )
    train, test = sg.split_by_subject(trials, test_size=0.34, random_state=0)
    model = sg.GaitClassifier(
        haste, AnkleWaves, max_epochs=60, batch_size=4, optimizer={"adamw": {"lr": 0.01}}, progress=False, random_state=0
    )
    model.fit(train)
    print(f"accuracy on children not seen before: {model.score(test):.2f}")
    both = model.set_params(encoders={AnkleWaves: {"width": 8}, "descriptors": {"names": ["cadence_spm"]}}, fusion="gated")
    print(f"beside a descriptor, with gates: {both.fit(train).score(test):.2f}")


if __name__ == "__main__":
    main()
