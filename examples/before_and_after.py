"""Before and after an operation: what changed, held against the error of measuring, and what only seems to have."""

from __future__ import annotations

import matplotlib.pyplot as plt

import skelgait as sg

SHOWN = (
    "left_knee_flexion_max_swing_deg",
    "right_knee_flexion_max_swing_deg",
    "left_knee_flexion_min_stance_deg",
    "right_knee_flexion_min_stance_deg",
    "left_ankle_dorsiflexion_max_stance_deg",
    "right_ankle_dorsiflexion_max_stance_deg",
    "left_thigh_flexion_min_stance_deg",
    "right_thigh_flexion_min_stance_deg",
)


def visit(*, stiff_left: float, seed: int) -> list[sg.Trial]:
    """The child from both sides."""
    child = sg.Walker(stiff_knee=(stiff_left, 0.0), crouch_deg=12, stride_time_cv_percent=2, rhythm_seed=seed)
    views = ("sagittal_right", "sagittal_left")
    films = [child.film(sg.Camera(view=v), fps=60, duration_s=6, noise_px=1, random_state=seed) for v in views]
    return [sg.Trial("child07", film.pose) for film in films]


def main() -> None:
    before, after = visit(stiff_left=0.7, seed=1), visit(stiff_left=0.1, seed=2)
    totals = [float(sg.evgs_total(sg.score_evgs(v)).loc["total", "score"]) for v in (before, after)]
    table = sg.compare_visits(before, after, scores={"evgs_total": (totals[0], totals[1])}).set_index("descriptor")
    columns = ["before", "after", "difference", "mdc95", "verdict", "important"]
    print(table.loc[["evgs_total", *SHOWN], columns].round(1).to_string())

    own = table.loc[list(SHOWN)]
    fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
    rows = range(len(own))
    ax.barh(rows, 2 * own.mdc95, left=-own.mdc95, color="0.88", label="within the error of measuring (MDC95)")
    shades = {"changed": "#a83232", "perhaps changed": "#e0a030"}
    colours = [shades.get(verdict, "0.45") for verdict in own.verdict]
    ax.hlines(rows, own.low, own.high, color=colours, lw=2)
    ax.scatter(own.difference, rows, c=colours, zorder=3)
    ax.axvline(0, color="0.4", lw=0.8)
    ax.set(yticks=rows, xlabel="after − before (°)", title="What changed between two visits (red), or perhaps did (yellow)")
    ax.set_yticklabels([name.removesuffix("_deg").replace("_", " ") for name in SHOWN])
    ax.invert_yaxis()
    fig.legend(frameon=False, loc="outside lower right")
    ax.spines[["top", "right"]].set_visible(False)
    fig.savefig("before_and_after.png", dpi=110)


if __name__ == "__main__":
    main()
