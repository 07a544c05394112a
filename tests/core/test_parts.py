from __future__ import annotations

import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import resolve_parts


class Box:
    def __init__(self, *, size: int = 3) -> None:
        self.size = size


TABLE = {"box": f"{__name__}:Box", "deque": "collections:deque"}


def parts(asked: object) -> list:
    return resolve_parts(asked, {"deque": "collections:deque"}, "box")


def test_a_name_a_class_settings_several_and_a_list() -> None:
    assert [p.key for p in parts("deque")] == ["deque"]
    assert parts({"deque": {"maxlen": 2}})[0].build().maxlen == 2
    assert parts({Box: {"size": 4}, "deque": None})[0].build().size == 4
    assert [p.kind.__name__ for p in parts(["deque", {"deque": {"maxlen": 1}}, Box])] == ["deque", "deque", "Box"]


def test_a_class_of_ones_own_has_a_name_that_loads_again() -> None:
    plain = parts({"collections:OrderedDict": {}})[0].to_plain()
    assert plain == {"collections:OrderedDict": {}}
    assert parts(Box)[0].key.endswith(":Box")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("dequ", "there is no box 'dequ'.*deque.*did you mean 'deque'"),
        ({Box: {"siez": 1}}, "has no setting 'siez'.*size.*did you mean 'size'"),
        ({"deque": 3}, "not a mapping"),
        ({}, "no box is named"),
        (7, "neither a name"),
        ("no.such.module:Thing", "cannot be loaded"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_known(asked: object, message: str) -> None:
    with pytest.raises(SkelgaitError, match=message):
        parts(asked)
