from __future__ import annotations

import builtins
import os
import pickle
import subprocess

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17
from skelgait.io.plain_pickle import load_plain
from skelgait.io.poses import read_pose


@pytest.fixture
def xyc(walking):
    return np.dstack([walking(COCO17, 30), np.full((30, 17), 0.8)])


def test_a_pickle_of_an_older_numpy(xyc):
    new = pickle.dumps(xyc, 2)
    old = new.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != new
    assert np.array_equal(load_plain(old, "a.pkl"), xyc)


class Evil:
    """A pickle that runs a command when it is loaded the usual way."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def evil_pickles(mark):
    """Ways to run code from a pickle: each would make the file ``mark``."""
    touch = f"open({str(mark)!r}, 'w').close()"
    yield Evil(os.system, f"touch {mark}")
    yield Evil(builtins.exec, touch)
    yield Evil(builtins.eval, touch.replace(".close()", ""))
    yield Evil(subprocess.call, ["touch", str(mark)])
    yield Evil(builtins.getattr, "system", "upper")
    yield Evil(__import__, "os")
    yield Evil(np.load, str(mark))
    yield {"annotations": [{"keypoint": Evil(os.system, f"touch {mark}")}]}
    yield np.array([Evil(os.system, f"touch {mark}")], dtype=object)


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, number, protocol):
    mark = tmp_path / "mark"
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(list(evil_pickles(mark))[number], protocol))
    with pytest.raises(FileError, match=r"evil.pkl is refused: this pickle would run code of its own. Found: \w+"):
        read_pose(tmp_path / "evil.pkl", fps=30)
    assert not mark.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"cos\nsystem\n(S'true'\ntR.",  # the classic
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",  # by the stack
        b"cskelgait.io.plain_pickle\nload_plain\n.",  # a function of this very module
        b"cnumpy\nload\n.",
        b"cnumpy._core.multiarray\n_reconstruct.__globals__\n.",  # a way round through attributes
        b"\x80\x04\x8c\x16numpy._core.multiarray\x8c\x18_reconstruct.__globals__\x93.",
        b"(cos\nsystem\nS'true'\no.",
        b"(S'true'\nios\nsystem\n.",
        b"Pos.system\n.",  # a persistent reference
    ],
)
def test_handwritten_pickles_are_refused(raw):
    with pytest.raises(FileError, match=r"is refused"):
        load_plain(raw, "a.pkl")


def test_what_a_pickle_is_lent_cannot_be_altered():
    raw = b"\x80\x04\x8c\x16numpy._core.multiarray\x8c\x0c_reconstruct\x93N}\x8c\x0c__defaults__\x8c\x01x\x85s\x86b."
    load_plain(raw, "a.pkl")  # sets an attribute on a throw-away
    from skelgait.io import plain_pickle

    assert plain_pickle._reconstruct.__defaults__ is None
    with pytest.raises(FileError, match=r"cannot be read"):
        load_plain(b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93N}\x8c\x01x\x8c\x01yss\x86b.", "a.pkl")
    assert not hasattr(plain_pickle._Array, "x")


def test_a_pickle_that_lies_about_memory_is_refused_by_shape(xyc):
    raw = pickle.dumps(xyc)
    assert xyc.nbytes == 30 * 17 * 3 * 8
    longer = raw.replace(bytes([75, 30, 75, 17, 75, 3]), bytes([75, 90, 75, 17, 75, 3]))  # three times as many frames as bytes
    assert longer != raw
    with pytest.raises(FileError, match=r"cannot be read. Found: ValueError: cannot reshape"):
        load_plain(longer, "a.pkl")
    flags = pickle.dumps(np.zeros(3)).replace(b"K\x00t", b"K\x1bt")  # numbers that say they are objects
    assert flags != pickle.dumps(np.zeros(3))
    assert load_plain(flags, "a.pkl").tolist() == [0, 0, 0]


def test_a_number_in_place_of_content_is_no_array_of_so_many_zeros():
    raw = b"cnumpy.core.numeric\n_frombuffer\n(I20000000000\ncnumpy\ndtype\n(Vu1\nI00\nI01\ntR(I20000000000\ntVC\ntR."
    with pytest.raises(FileError, match="without content"):
        load_plain(raw, "a.pkl")


def test_plain_values_and_arrays_of_every_kind_come_back():
    value = {
        "a": np.arange(6, dtype=">i4").reshape(2, 3, order="F"),
        "b": [np.array(["x", "yy"]), np.array([True]), np.float32(2.5), np.str_("z")],
        "c": (None, 1.5, "t", b"u", {3}),
        "d": np.array([np.zeros(2), {"e": 1}], dtype=object),
    }
    for protocol in range(6):
        back = load_plain(pickle.dumps(value, protocol), "a.pkl")
        assert np.array_equal(back["a"], value["a"])
        assert [np.asarray(x).tolist() for x in back["b"]] == [["x", "yy"], [True], 2.5, "z"]
        assert back["c"] == value["c"]
        assert back["d"][0].tolist() == [0, 0]
        assert back["d"][1] == {"e": 1}


def test_an_array_without_content_is_told_plainly():
    raw = b"cnumpy\nndarray\n)\x81."
    with pytest.raises(FileError, match="does not build arrays and plain values") as error:
        load_plain(raw, "a.pkl")
    assert "_Array" not in str(error.value)


def test_values_that_nest_too_deep_are_told_plainly():
    with pytest.raises(FileError, match="nests its values too deep"):
        load_plain(b"]" * 5000 + b"a" * 4999 + b".", "a.pkl")
