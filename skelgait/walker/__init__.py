"""A synthetic child with known truth: the ground every measurement is tested on."""

from skelgait.walker.camera import Camera
from skelgait.walker.child import Walker
from skelgait.walker.film import Walk
from skelgait.walker.truth import Truth

__all__ = ["Camera", "Truth", "Walk", "Walker"]
