"""Run by test_distributed.py as a script, as a user would: the processes beyond the first start it again."""

import json
import sys

import numpy as np

import skelgait as sg

if __name__ == "__main__":
    devices, out = int(sys.argv[1]), sys.argv[2]
    rng = np.random.default_rng(0)
    columns = ["left_a", "right_a", "b"]
    table = {"index": [f"w{i}" for i in range(32)], "columns": columns, "data": rng.normal(size=(32, 3)).tolist()}
    trials = [sg.Trial(f"child{i}", name=f"w{i}") for i in range(32)]
    y = ["abnormal" if row[0] + row[2] > 0 else "normal" for row in table["data"]]
    model = sg.GaitClassifier(
        "GAIT_BINARY",
        encoders={"descriptors": {"table": table, "width": 16}},
        objectives={"supervised": {}, "mean_teacher": {"ramp_up": 0.0}},
        batch_size=8,
        max_epochs=5,
        validation=0.25,  # the weights of the best epoch must reach every process
        optimizer={"adamw": {"lr": 0.05}},
        accelerator="cpu",
        devices=devices,
        strategy="ddp" if devices > 1 else "auto",
        progress=False,
        random_state=0,
    )
    probabilities = model.fit(trials, y).predict_proba(trials)
    with open(f"{out}.{'' if devices == 1 else __import__('os').environ.get('LOCAL_RANK', '0')}", "w") as file:
        json.dump({"said": probabilities.tolist(), "loss": [epoch["loss"] for epoch in model.history_]}, file)
