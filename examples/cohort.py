"""Many walks at once: tables that can be stopped and resumed, one row a failure, and how the numbers spread between two groups."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import skelgait as sg

SHOWN = {"cadence_spm": "cadence (steps/min)", "left_knee_flexion_min_stance_deg": "least knee flexion, left (°)"}


def write(folder: Path, count: int = 16) -> Path:
    """Keypoint files of two groups of children and the table that lists them; one file is broken."""
    lines = ["subject,visit,sagittal,age_years,label_group"]
    for i in range(count):
        group = "crouch" if i % 2 else "straight"
        child = sg.Walker(cadence_spm=105 + 2 * i, crouch_deg=(18.0 + i if i % 2 else 2.0), age_years=6 + i % 6)
        sg.write_pose(child.film(fps=50, duration_s=3, noise_px=1, random_state=i).pose, folder / f"{i}.npz")
        lines.append(f"child{i:02d},1,{i}.npz,{6 + i % 6},{group}")
    (folder / "broken.npz").write_bytes(b"no pose")
    (folder / "trials.csv").write_text("\n".join([*lines, "child99,1,broken.npz,7,straight"]) + "\n")
    return folder / "trials.csv"


def main() -> None:
    folder = Path("walks")
    folder.mkdir(exist_ok=True)
    table = write(folder)
    cohort = sg.run_cohort(table, "cohort", pages=False, progress=False)
    again = sg.run_cohort(table, "cohort", pages=False, progress=False)
    walks = cohort.walks[cohort.walks.cadence_spm.notna()]
    print(f"{len(walks)} walks measured, {len(cohort.failures)} failed; a second run did {again.made} again")
    print(cohort.failures[["row", "stage", "problem"]].to_string(index=False, max_colwidth=80))
    print(walks.groupby("label_group")[list(SHOWN)].agg(["mean", "std"]).round(1).to_string())

    fig, axes = plt.subplots(1, len(SHOWN), figsize=(8, 3.2), layout="constrained")
    for ax, (name, words) in zip(axes, SHOWN.items(), strict=True):
        groups = walks.groupby("label_group")
        for x, own in enumerate(own for _, own in groups):
            aside = np.random.default_rng(0).uniform(-0.12, 0.12, len(own))
            ax.plot(x + aside, own[name], "o", color="#1f4e79", alpha=0.7)
            ax.hlines(own[name].median(), x - 0.2, x + 0.2, color="k")
        ax.set(title=words, xticks=[0, 1], xticklabels=list(groups.groups), xlim=(-0.5, 1.5))
        ax.spines[["top", "right"]].set_visible(False)
    fig.suptitle("A cohort: each dot a walk, lines are medians")
    fig.savefig("cohort.png", dpi=110)


if __name__ == "__main__":
    main()
