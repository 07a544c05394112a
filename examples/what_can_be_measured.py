"""Which number from which camera: the validity matrix, asked for your own view, keypoints and frame rate."""

from __future__ import annotations

import matplotlib.pyplot as plt

import skelgait as sg

METRICS = (
    *("initial_contact", "foot_off", "cadence_spm", "left_stance_percent", "stride_time_cv_percent"),
    *("left_step_length_ll", "step_width_ll"),
    *("left_knee_flexion_max_swing_deg", "left_ankle_dorsiflexion_max_stance_deg", "left_foot_pitch_initial_contact_deg"),
    *("left_knee_valgus_mid_stance_deg", "evgs_01_initial_contact", "evgs_09_peak_knee_extension_stance"),
    *("evgs_14_pelvic_obliquity_mid_stance", "crouch", "trendelenburg"),
)
SHOWN = {"s": (1000, 0, " ms"), "ll": (100, 1, " %"), "deg": (1, 1, "°"), "percent": (1, 1, " %")}
COLOURS = {"yes": "#7fb77e", "with caution": "#f3d08a", "no": "#e6b0a8"}


def main() -> None:
    table = sg.validity_matrix(METRICS, skeletons=["coco17", "body25"], fps=[25, 30, 60, 120])
    refused = table[table.given == "no"].drop_duplicates("note")
    print(refused[["metric", "view", "skeleton", "fps", "note"]].to_string(index=False, max_colwidth=90))
    setups = table[["view", "skeleton", "fps"]].drop_duplicates().reset_index(drop=True)
    place = {tuple(row): x for x, row in enumerate(setups.itertuples(index=False))}
    fig, ax = plt.subplots(figsize=(9, 5.4), layout="constrained")
    for row in table.itertuples():
        x, y = place[row.view, row.skeleton, row.fps], METRICS.index(row.metric)
        ax.add_patch(plt.Rectangle((x, y), 0.96, 0.92, color=COLOURS[row.given]))
        if row.given != "no" and row.error == row.error:
            scale, digits, words = SHOWN.get(row.unit, (1, 1, ""))
            ax.text(x + 0.48, y + 0.46, f"{scale * row.error:.{digits}f}{words}", ha="center", va="center", fontsize=7)
    ax.set(xlim=(0, len(setups)), ylim=(len(METRICS), 0), yticks=[y + 0.46 for y in range(len(METRICS))])
    ax.set_yticklabels([m.replace("_", " ") for m in METRICS])
    ax.set_xticks([x + 0.48 for x in range(len(setups))], [f"{fps:g}" for fps in setups.fps])
    for x in range(0, len(setups), 4):
        view, skeleton = setups.loc[x, ["view", "skeleton"]]
        ax.text(x + 2, -0.35, f"{view}, {'with' if skeleton == 'body25' else 'without'} feet", ha="center")
    ax.set_xlabel("frames a second; numbers: measured median error of a walk's value")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    handles = [plt.Rectangle((0, 0), 1, 1, color=c) for c in COLOURS.values()]
    fig.legend(handles, COLOURS, loc="outside lower center", ncols=3, frameon=False)
    fig.savefig("what_can_be_measured.png", dpi=110)


if __name__ == "__main__":
    main()
