"""mmpose at work on crops of frames. Imports nothing of skelgait, so that any interpreter that has mmpose can run this file.

As a program: ``python mmpose_worker.py config checkpoint device``. It reads paths of ``.npz`` files with ``image_0 .. image_n``
(RGB) and ``boxes`` (x1, y1, x2, y2) from standard input, one a line, writes ``keypoints`` and ``scores`` into ``<path>.out.npz``
and answers each line with ``ok``; the first answer, ``ready <json>``, tells the layout.
"""

import glob
import json
import os
import sys

import numpy as np


def load(config, checkpoint, device):
    """A top-down mmpose model and its layout: (model, {"names": [...], "bones": [[a, b], ...], "dataset": name})."""
    import mmpose
    from mmpose.apis import init_model

    if not os.path.exists(config):
        inside = os.path.join(os.path.dirname(mmpose.__file__), ".mim", "configs", "**", os.path.basename(config))
        found = sorted(glob.glob(inside, recursive=True))
        if not found:
            raise FileNotFoundError("no mmpose config " + config + ", neither here nor among those mmpose ships")
        config = found[0]
    model = init_model(config, checkpoint or None, device=device, cfg_options={"model": {"backbone": {"init_cfg": None}}})
    meta = model.dataset_meta or {}
    names = [meta["keypoint_id2name"][k] for k in range(len(meta["keypoint_id2name"]))] if meta.get("keypoint_id2name") else []
    links = [[int(a), int(b)] for a, b in meta.get("skeleton_links") or []]
    return model, {"names": names, "bones": links, "dataset": str(meta.get("dataset_name", "mmpose"))}


def infer(model, images, boxes):
    """Keypoints (N, K, 2) and scores (N, K) of one box (x1, y1, x2, y2) in each RGB image."""
    import torch
    from mmcv.transforms import Compose
    from mmengine.dataset import pseudo_collate

    pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)
    data = []
    for image, box in zip(images, boxes):  # noqa: B905 - runs on whatever Python mmpose has
        info = {
            "img": np.ascontiguousarray(image[..., ::-1]),
            "bbox": np.asarray(box, np.float32)[None],
            "bbox_score": np.ones(1, np.float32),
        }
        info.update(model.dataset_meta)
        data.append(pipeline(info))
    with torch.no_grad():
        results = model.test_step(pseudo_collate(data))
    keypoints = np.array([np.asarray(r.pred_instances.keypoints)[0, :, :2] for r in results], float)
    scores = np.array([np.asarray(r.pred_instances.keypoint_scores)[0] for r in results], float)
    return keypoints, scores


def main():
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what mmpose prints goes to standard error: standard output carries answers only
    config, checkpoint, device = sys.argv[1:4]
    model, layout = load(config, checkpoint, device)
    answers.write("ready " + json.dumps(layout) + "\n")
    answers.flush()
    for line in sys.stdin:
        path = line.strip()
        if not path:
            continue
        with np.load(path, allow_pickle=False) as file:
            boxes = file["boxes"]
            images = [file["image_" + str(k)] for k in range(len(boxes))]
        keypoints, scores = infer(model, images, boxes)
        np.savez(path + ".out.npz", keypoints=keypoints, scores=scores)
        answers.write("ok\n")
        answers.flush()


if __name__ == "__main__":
    main()
