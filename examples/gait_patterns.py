"""Crouch, equinus, stiff knee: which rule holds, by how much, and whether the margin is more than the error of keypoints."""

from __future__ import annotations

import matplotlib.pyplot as plt

import skelgait as sg

CHILDREN = {
    "healthy": {},
    "crouch": {"crouch_deg": 38},
    "left equinus": {"equinus_deg": (25, 0)},
    "right stiff knee": {"stiff_knee": (0.0, 0.9)},
}
SHOWN = ("flexed_knee", "equinus", "crouch", "true_equinus", "stiff_knee", "hemiplegic_asymmetry", "trendelenburg")


def main() -> None:
    fig, axes = plt.subplots(1, len(CHILDREN), figsize=(12, 3.6), sharey=True, layout="constrained")
    for ax, (title, traits) in zip(axes, CHILDREN.items(), strict=True):
        child = sg.Walker(**traits)  # type: ignore[arg-type]
        views = ("sagittal_right", "sagittal_left", "frontal_towards")
        visit = [sg.Trial(title, child.film(sg.Camera(view=v), fps=60, duration_s=5).pose, age_years=9) for v in views]
        table = sg.find_patterns(visit)
        found = table[table.present.eq(True) & (table.kind == "gait pattern")]
        names = [f"{row.side} {row.pattern}" + " (a hint)" * row.within_error for row in found.itertuples()]
        print(f"\n{title}: {', '.join(names) or 'nothing'}")
        for row in found.itertuples():
            print("  ", row.evidence)
        for side, marker, lift in (("left", "<", -0.15), ("right", ">", 0.15)):
            own = table[table.side == side].set_index("pattern").loc[list(SHOWN)]
            sure = own.present.eq(True) & ~own.within_error
            colours = ["#a83232" if s else "#e0a030" if p is True else "0.6" for s, p in zip(sure, own.present, strict=True)]
            ax.scatter(own.margin_errors, [y + lift for y in range(len(SHOWN))], marker=marker, c=colours, s=45)
        ax.axvspan(-1, 1, color="0.9", lw=0, zorder=0)
        ax.axvline(0, color="0.5", lw=0.8)
        ax.set(title=title, xlabel="margin beyond the limit\n(in errors of keypoints)", xlim=(-5, 5), xticks=(-4, -2, 0, 2, 4))
        ax.set_yticks(range(len(SHOWN)), [name.replace("_", " ") for name in SHOWN])
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    fig.suptitle("Red: present beyond the error; yellow: a hint; grey: absent. Arrows point to the side of the leg")
    fig.savefig("gait_patterns.png", dpi=110)


if __name__ == "__main__":
    main()
