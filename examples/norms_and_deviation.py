"""A child beside healthy ones: z of the numbers, the curves with their band, and the movement analysis profile of a side view."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

import skelgait as sg

ANGLES = {"hip": "thigh_flexion_deg", "knee": "knee_flexion_deg", "ankle": "ankle_dorsiflexion_deg"}
SIDES = {"left": "#a83232", "right": "#1f4e79"}


def main() -> None:
    child = sg.Walker(cadence_spm=118, crouch_deg=(24, 6), stiff_knee=(0.5, 0.0))
    pose = child.film(sg.Camera(view="sagittal"), fps=60, duration_s=6, noise_px=1).pose
    trial = sg.Trial("child07", pose, age_years=8, height_m=1.28)

    table = sg.compare(trial)
    print(table[table.z.notna()][["descriptor", "value", "mean", "sd", "z"]].round(2).head(8).to_string(index=False))
    profile = sg.sagittal_deviation(trial)
    print(profile[["side", "variable", "deviation_deg", "typical_deg", "ratio"]].round(1).to_string(index=False))

    cleaned = sg.clean(pose)
    cycles = sg.cut_cycles(sg.joint_angles(cleaned), sg.detect_events(cleaned))
    mean = cycles.groupby(["side", "percent"]).mean(numeric_only=True)
    healthy = sg.reference_curves()
    fig, axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
    for ax, (name, angle) in zip(axes, ANGLES.items(), strict=False):
        norm = healthy[angle]
        percent = np.linspace(0, 100, len(norm.mean))
        ax.fill_between(percent, norm.mean - norm.sd, norm.mean + norm.sd, color="0.85", label="healthy ± SD")
        for side, colour in SIDES.items():
            ax.plot(mean.loc[side, angle], color=colour, label=side)
        ax.set(title=f"{name} (°)", xlabel="% of the stride")
    for row, (side, colour) in enumerate(SIDES.items()):  # the bars of a MAP: how far each curve lies from the mean, rms
        own = profile[profile.side == side].set_index("variable").loc[[*ANGLES, "trunk", "legs"]]
        axes[3].bar(np.arange(len(own)) + 0.36 * row - 0.18, own.deviation_deg, 0.34, color=colour)
    typical = profile[profile.side == "left"].set_index("variable").loc[[*ANGLES, "trunk", "legs"], "typical_deg"]
    axes[3].plot(np.arange(len(typical)), typical, "_k", ms=26, mew=2, label="healthy")
    axes[3].set(title="deviation, rms (°)", xticks=range(len(typical)), xticklabels=typical.index)
    axes[3].legend(frameon=False)
    axes[0].legend(frameon=False)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    fig.suptitle("A side view beside healthy children (not the Gait Profile Score, which needs three dimensions)")
    fig.savefig("norms_and_deviation.png", dpi=110)


if __name__ == "__main__":
    main()
