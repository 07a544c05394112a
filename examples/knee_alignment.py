"""Knock-knee from the front, and the traps: a bent leg that turns looks knock-kneed, and which limits apply depends on the age."""

from __future__ import annotations

import matplotlib.pyplot as plt

import skelgait as sg


def film(name: str, age_years: float, **child: object) -> list[sg.Trial]:
    """A child from the front and from the side, which tells how far the knees are bent."""
    walker = sg.Walker(age_years=age_years, **child)  # type: ignore[arg-type]
    views = (sg.Camera(view="frontal_towards", distance_m=10), sg.Camera(view="sagittal_right"))
    return [sg.Trial(name, walker.film(v, fps=60, duration_s=5, noise_px=0.5).pose, age_years=age_years) for v in views]


CHILDREN = {
    "straight": film("straight", 9),
    "left knee 9° in valgus": film("valgus", 9, knee_valgus_deg=(9, 0)),
    "straight, crouched, hips turned in": film("turned", 9, crouch_deg=30, hip_rotation_deg=15),
    "two years old, 3° in valgus": film("small", 2, knee_valgus_deg=3),
}


def main() -> None:
    fig, axes = plt.subplots(1, len(CHILDREN), figsize=(11, 3.6), sharey=True, layout="constrained")
    for ax, (title, visit) in zip(axes, CHILDREN.items(), strict=True):
        steps = sg.knee_alignment(visit, detail=True)
        knees = sg.knee_alignment(visit)
        print(f"\n{title}")
        columns = ["side", "valgus_deg", "alignment", "p_valgum", "apparent", "knee_flexion_deg", "cross_talk_deg"]
        print(knees[columns].round(2).to_string(index=False))
        low, high = knees[["low", "high"]].iloc[0]
        ax.axhspan(low, high, color="#b7d7b0", alpha=0.6, lw=0)
        for x, knee in enumerate(knees.itertuples()):
            own = steps.loc[steps.side == knee.side, "valgus_deg"].to_numpy()
            ax.plot([x - 0.1] * len(own), own, "o", ms=4, color="0.5")
            ax.errorbar(x + 0.1, knee.valgus_deg, yerr=2.9, fmt="D", color="#1f4e79", capsize=3)
            words = f"{knee.alignment}{chr(10)}(apparent)" if knee.apparent else knee.alignment
            ax.annotate(words, (x + 0.1, knee.valgus_deg + 3.4), ha="center", fontsize=8)
        ax.set(title="\n".join(title.split(", ")), xticks=[0, 1], xticklabels=knees.side, xlim=(-0.5, 1.6), ylim=(-6, 18))
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("valgus (°), mechanical axis")
    fig.suptitle("Each step (grey), their median ± the error between days, neutral by age (green)")
    fig.savefig("knee_alignment.png", dpi=110)


if __name__ == "__main__":
    main()
