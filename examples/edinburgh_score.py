"""The Edinburgh Visual Gait Score of a visit: the score of each item, how sure it is, and the total with what nobody could see."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

import skelgait as sg

COLOURS = ("#b7d7b0", "#f3d08a", "#e08a7d")


def visit() -> list[sg.Trial]:
    """One child on one day: from the right, from the left, from the front."""
    child = sg.Walker(crouch_deg=(32, 6), equinus_deg=(0, 9), stiff_knee=(0.0, 0.5), trunk_lean_deg=9)
    views = {"sagittal_right": None, "sagittal_left": None, "frontal_towards": 12.0}
    films = [child.film(sg.Camera(view=v, distance_m=d), fps=60, duration_s=5, noise_px=1) for v, d in views.items()]
    return [sg.Trial("child07", film.pose, age_years=9) for film in films]


def main() -> None:
    scores = sg.score_evgs(visit())
    total = sg.evgs_total(scores).loc["total"]
    columns = ["side", "item", "name", "score", "value", "unit", "margin", "p0", "p1", "p2"]
    print(scores.loc[scores.score > 0, columns].round(2).to_string(index=False))
    print(
        f"total {total.score:.0f} of {total.scored:.0f} items scored; with the others between {total.low:.0f} and {total.high:.0f}"
    )

    fig, axes = plt.subplots(1, 2, figsize=(9, 5), sharey=True, layout="constrained")
    for ax, (side, own) in zip(axes, scores.groupby("side", sort=False), strict=True):
        rows = np.arange(len(own))
        left = np.zeros(len(own))
        for k, colour in enumerate(COLOURS):  # a bar a probability: a score near a limit is not a hard score
            p = own[f"p{k}"].fillna(0).to_numpy()
            ax.barh(rows, p, left=left, color=colour, label=f"score {k}")
            left += p
        for row, item in zip(rows, own.itertuples(), strict=True):
            if np.isfinite(item.score):
                ax.text(1.03, row, f"{item.score:.0f}", va="center", fontweight="bold")
            else:
                ax.text(0.02, row, "not seen in two dimensions", va="center", color="0.5", fontsize=8)
        ax.set(title=f"{side} leg", xlabel="probability", xlim=(0, 1.1), yticks=rows)
        ax.set_yticklabels(own["item"].astype(str) + " " + own["name"].str.replace("_", " "))
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    fig.suptitle(f"Edinburgh Visual Gait Score {total.score:.0f} (between {total.low:.0f} and {total.high:.0f})")
    fig.savefig("edinburgh_score.png", dpi=110)


if __name__ == "__main__":
    main()
