"""What goes over the wire to a Triton, and what its answers may be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from allward_engine.sessions.kserve import read_response, request_header

KINDS = {"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}


def answer(*outputs):
    """An answer whose outputs are (name, type, array)."""
    said = [
        {"name": n, "datatype": t, "shape": list(a.shape), "parameters": {"binary_data_size": a.nbytes}}
        for n, t, a in outputs
    ]
    raw = b"".join(array.tobytes() for _, _, array in outputs)
    return json.dumps({"outputs": said}).encode(), np.frombuffer(bytearray(raw), np.uint8)


def tensors():
    return st.tuples(st.sampled_from(list(KINDS)), st.tuples(*[st.integers(0, 3)] * 2)).flatmap(
        lambda drawn: st.tuples(
            st.just(drawn[0]),
            arrays.arrays(KINDS[drawn[0]], drawn[1], elements=st.floats(-2, 2, width=16)),
        )
    )


@given(st.lists(tensors(), min_size=1, max_size=4))
def test_every_output_comes_back_as_it_was_sent(sent):
    outputs = [(f"o{number}", kind, array) for number, (kind, array) in enumerate(sent)]
    wanted = [name for name, _, _ in outputs][::-1]
    said, raw = answer(*outputs)
    found = read_response(said, raw, wanted)
    for mine, (_, _, theirs) in zip(found[::-1], outputs, strict=True):
        assert mine.dtype == np.float32
        assert mine.flags.writeable
        assert np.array_equal(mine, theirs.astype(np.float32))


def test_an_answer_without_bytes_is_read_from_its_json():
    said = json.dumps({"outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [1, 2.5]}]})
    (found,) = read_response(said.encode(), np.empty(0, np.uint8), ["y"])
    assert found.tolist() == [1.0, 2.5]


ONE = ("y", "FP32", np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    ("said", "tensors", "words"),
    [
        (b"[]", b"", "names no outputs"),
        (b"{}", b"", "names no outputs"),
        (b"junk", b"", "Expecting value"),
        (answer(ONE)[0], b"", "0 values for the shape"),
        (answer(ONE)[0], bytes(20), "5 values for the shape"),
        (answer(ONE)[0], bytes(22), "no whole number"),
        (answer(ONE)[0].replace(b"FP32", b"INT8"), bytes(24), "is INT8"),
        (answer(ONE)[0].replace(b'"y"', b'"z"'), bytes(24), "lacks 'y'"),
        (answer(ONE)[0].replace(b"[2, 3]", b"[-2, -3]"), bytes(24), "6 values for the shape"),
    ],
)
def test_an_answer_that_is_not_the_protocols_is_refused(said, tensors, words):
    with pytest.raises(ValueError, match=words):
        read_response(said, np.frombuffer(bytearray(tensors), np.uint8), ["y"])


def test_a_request_names_its_tensor_and_what_it_wants():
    tensor = np.zeros((2, 1, 4), np.float32)
    said = json.loads(request_header("x", tensor, ["a", "b"]))
    assert said["inputs"] == [
        {"name": "x", "shape": [2, 1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 32}}
    ]
    assert [output["name"] for output in said["outputs"]] == ["a", "b"]
    assert "parameters" not in said
    assert json.loads(request_header("x", tensor, ["a"], urgent=True))["parameters"] == {"priority": 1}
