"""The door `explain`: a model, a walk and a method in, an attribution with its faithfulness out."""

from __future__ import annotations

import inspect
from copy import copy
from importlib import import_module
from typing import Any

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.explain import METHODS
from skelgait.explain.limbs import explain_limb


def explain(
    model: Any,
    trial: Trial,
    method: str | None = None,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
    **settings: Any,
) -> Attribution:
    """Why the model answered as it did about a walk.

    Parameters
    ----------
    model : GaitClassifier, PerItem or DescriptorClassifier
        Fitted.
    trial : Trial
    method : str, optional
        Default ``"gradcam"`` of a model with a skeleton or picture encoder, else ``"shap"``.
        ``"gradcam"``: where a stage of a skeleton (or picture) encoder saw what speaks for the answer; setting ``stage``.
        ``"strips"``: signed, how much each strip of a silhouette from head to foot speaks for the answer.
        ``"integrated_gradients"``: signed, of coordinates or descriptors, against a child that stands still or the middle
        child of the training walks; settings ``steps``, ``baseline``. ``"attention"``: what cross-attention or an item's query
        looked at. ``"rollout"``: attention of a video transformer, through all its blocks. ``"shap"``: signed shares of
        descriptors in the probability; settings ``background``, ``explainer``, ``samples``. ``"graph"``: edges' and keypoints'
        masks of torch_geometric's explainers, for `graph_conv`.
    item : str, optional
        Which item, of a task with many.
    level : str or int, optional
        The answer to explain; default what the model answers (by its thresholds, where it has some), or the likeliest where it
        abstains.
    encoder : str or int, optional
        Which stream of the model.
    faithfulness : bool
        Add a deletion curve: how fast the answer goes when what the map ranks highest is hidden, against a random order.
    **settings
        Of the method.

    Returns
    -------
    Attribution
        ``info`` has the trial, the probability of each level, the model's ``answer`` (None where it abstains), and with
        ``faithfulness`` the curve (``deletion``, a dict of ``hidden``, ``probability``, ``random``) and ``faithfulness``: the area
        between the two, above zero where the map beats chance.

    Raises
    ------
    SkelgaitError
        An unknown method, setting, item or level; a model that is not fitted or has no stream the method can look at.

    Notes
    -----
    Gradients are of log-odds of the answer, not of its probability: they do not vanish where the model is sure. A map is about
    the model, not about the child: read it with its faithfulness, and compare with a model whose weights are shuffled.

    Where limbs share a head (``share_limbs=True``) the right one is answered from the mirrored walk: it is explained there, and the
    map laid back over the walk as it was filmed.

    Examples
    --------
    >>> import skelgait as sg
    >>> trials = [sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 10 * i).film(fps=30, duration_s=3).pose) for i in range(4)]
    >>> model = sg.GaitClassifier("GAIT_BINARY", {"stgcn": {"stages": [8, 16]}}, max_epochs=1, progress=False, random_state=0)
    >>> why = sg.explain(model.fit(trials, ["normal", "abnormal"] * 2), trials[0])
    >>> why.values.shape, why.over("keypoint").index[:3].tolist()
    ((90, 17), ['nose', 'left_eye', 'right_eye'])
    """
    model = network_of(model, item)
    method = method or fitting_method(model)
    if method not in METHODS:
        raise SkelgaitError(f"there is no method {method!r}", expected=", ".join(METHODS))
    if not isinstance(trial, Trial):
        raise SkelgaitError("one walk is explained at a time", found=type(trial).__name__, expected="a sg.Trial")
    module, _, name = METHODS[method].partition(":")
    run = getattr(import_module(module), name)
    known = [
        p for p in inspect.signature(run).parameters if p not in ("model", "trial", "item", "level", "encoder", "faithfulness")
    ]
    unknown = [key for key in settings if key not in known]
    if unknown:
        raise SkelgaitError(f"method {method!r} has no setting {unknown[0]!r}", expected=", ".join(known) or "none")
    asked = {"item": item, "level": level, "encoder": encoder, "faithfulness": faithfulness, **settings}
    if item is not None and getattr(getattr(model, "network_", None), "limbs", None) is not None and item in model.task_.items:
        return explain_limb(model, trial, item, lambda one: run(one, trial, **asked))
    return run(model, trial, **asked)


def network_of(model: Any, item: str | None) -> Any:
    """The model within a recipe, and of a network an item (`PerItem`) the one that answers the item."""
    model = getattr(model, "model_", model)
    if not hasattr(model, "groups_"):
        return model
    task = model.task_
    if item not in task.items:
        raise SkelgaitError(
            f"{task.name}: which item?", found=repr(item), expected=f"item= one of {', '.join(task.items[:6])}, ..."
        )
    place, items = next((k, group) for k, group in enumerate(model.groups_) if task.items.index(item) in group)
    if model.models_[place] is None:
        raise SkelgaitError(f"nobody ever answered item {item!r}, so there is nothing to explain")
    one = copy(model.models_[place])
    one.thresholds_ = None if model.thresholds_ is None else model.thresholds_[items]
    return one


def fitting_method(model: Any) -> str:
    """The method that fits what the model looks at."""
    encoders = getattr(getattr(model, "network_", None), "encoders", ())
    return "gradcam" if any(encoder.cam_layers for encoder in encoders) else "shap"
