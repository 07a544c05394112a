"""Why a model answered as it did: Grad-CAM, integrated gradients, attention, SHAP; each with how faithful it is."""

import sys
from types import ModuleType
from typing import Any

METHODS = {
    "gradcam": "skelgait.explain.gradcam:gradcam",
    "strips": "skelgait.explain.pictures:strips",
    "integrated_gradients": "skelgait.explain.gradients:integrated_gradients",
    "attention": "skelgait.explain.attention:attention",
    "rollout": "skelgait.explain.tokens:rollout",
    "shap": "skelgait.explain.shapley:shapley",
    "graph": "skelgait.explain.graph:graph",
}


class _Room(ModuleType):
    """Lets ``sg.explain`` be called although this room has its name: whichever is imported first, both work."""

    def __call__(self, model: Any, trial: Any, method: str | None = None, **settings: Any) -> Any:
        """Why the model answered as it did; see `skelgait.explain.why.explain`."""
        from skelgait.explain.why import explain

        return explain(model, trial, method, **settings)


sys.modules[__name__].__class__ = _Room
