"""torch_geometric's explainers over `graph_conv`: which keypoints and which bones an answer rests on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skelgait.core.attribution import Attribution
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.explain.faithfulness import with_deletion
from skelgait.explain.question import Question


def graph(
    model: Any,
    trial: Trial,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
    epochs: int = 100,
    random_state: int = 0,
) -> Attribution:
    """Masks over keypoints and bones that keep the answer with as little of the skeleton as can be.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`; the encoder must be `graph_conv`.
    epochs : int
        Steps of the search for the masks.
    random_state : int
        Where the search starts.

    Returns
    -------
    Attribution
        Axis ``keypoint``, 0 to 1, mean over windows; ``info["bones"]`` is the mask of each bone (mean of both ways).

    References
    ----------
    Ying R et al. GNNExplainer: generating explanations for graph neural networks, 2019, arXiv 1903.03894; the implementation is
    torch_geometric's.
    """
    from torch_geometric.explain import Explainer, GNNExplainer

    asked = Question(model, trial, item, level, encoder)
    place = asked.find_stream(lambda e: hasattr(e, "edges"), "torch_geometric's explainer")
    one: Any = asked.encoder_at(place)
    inputs = asked.batch.inputs[place]
    masks = []
    with torch.random.fork_rng(devices=[]), _one_mask_for_all_frames(one):
        torch.manual_seed(random_state)
        for window in range(len(inputs["mask"])):
            real = int(inputs["mask"][window].sum())
            explainer = Explainer(
                _Answer(asked, place, window, real).eval(),
                GNNExplainer(epochs=epochs),
                explanation_type="model",
                node_mask_type="object",
                edge_mask_type="object",
                model_config={"mode": "regression", "task_level": "graph", "return_type": "raw"},
            )
            nodes = inputs["pose"][window, :real].transpose(0, 1).flatten(1)
            found = explainer(nodes, one.edges)
            masks.append((found.node_mask.detach().numpy()[:, 0], found.edge_mask.detach().numpy()))
    asked.network.zero_grad()
    names = one.labels("keypoint")
    keypoints, edges = (np.mean(part, axis=0) for part in zip(*masks, strict=True))
    half = len(edges) // 2
    bones = {
        f"{names[a]} - {names[b]}": float(v)
        for (a, b), v in zip(one.edges.T[:half].tolist(), (edges[:half] + edges[half:]) / 2, strict=True)
    }
    why = Attribution(
        keypoints,
        {"keypoint": names},
        "graph",
        asked.answer,
        info=asked.about(place, bones=bones),
    )
    return with_deletion(why, asked, place) if faithfulness else why


@contextmanager
def _one_mask_for_all_frames(encoder: Any) -> Iterator[None]:
    """Operators that see the frames as one large graph of separate ones: a bone has the same mask in each."""

    def explain_message(operator: Any, inputs: Tensor, dim_size: int | None) -> Tensor:
        mask = operator._edge_mask.sigmoid() if operator._apply_sigmoid else operator._edge_mask
        mask = mask.repeat((dim_size or 0) // len(encoder.skeleton))
        mask = torch.cat([mask, mask.new_ones(inputs.size(operator.node_dim) - len(mask))])  # self-loops, last
        shape = [1] * inputs.dim()
        shape[operator.node_dim] = -1
        return inputs * mask.view(shape)

    changed = [stage.spatial.operator for stage in encoder.stages if not stage.spatial.takes_batches]
    for operator in changed:
        operator.explain_message = MethodType(explain_message, operator)
    try:
        yield
    finally:
        for operator in changed:
            del operator.explain_message


class _Answer(torch.nn.Module):
    """One window's answer as torch_geometric asks for it: nodes (K, T * 3) and edges in, one number out."""

    def __init__(self, asked: Question, place: int, window: int, frames: int) -> None:
        super().__init__()
        self.network = asked.network  # its message passing is found among the modules
        self.asked, self.place, self.window, self.frames = asked, place, window, frames

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """The evidence, (1, 1)."""
        pose = nodes.view(len(nodes), self.frames, 3).transpose(0, 1)[None]
        mine: Inputs = {
            **{name: value[self.window : self.window + 1] for name, value in self.asked.batch.inputs[self.place].items()},
            "pose": pose,
            "mask": torch.ones(1, self.frames, dtype=torch.bool),
        }
        inputs = [
            mine if i == self.place else {name: value[self.window : self.window + 1] for name, value in other.items()}
            for i, other in enumerate(self.asked.batch.inputs)
        ]
        return self.asked.ask(inputs)[:, None]
