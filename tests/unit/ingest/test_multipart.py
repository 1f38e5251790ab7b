"""Multipart bodies, cut wherever a network may cut them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.ingest.multipart import MalformedBodyError, MultipartParser, checked_boundary, media_type


class _Sink:
    def __init__(self):
        self.parts = []

    def begin_part(self, headers):
        self.parts.append([dict(headers), b"", False])

    def part_bytes(self, block):
        self.parts[-1][1] += bytes(block)

    def end_part(self):
        self.parts[-1][2] = True


def _body(parts, boundary=b"b0undary", preamble=b"", epilogue=b"\r\n"):
    joined = b"".join(b"\r\n--" + boundary + b"\r\n" + head + b"\r\n" + content for head, content in parts)
    return preamble + joined[0 if preamble else 2 :] + b"\r\n--" + boundary + b"--" + epilogue


def _parse(raw, cuts=()):
    sink = _Sink()
    parser = MultipartParser(b"b0undary", sink)
    bounds = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    for start, stop in zip(bounds, bounds[1:], strict=False):
        parser.feed(raw[start:stop])
    parser.finish()
    return sink.parts


_heads = st.sampled_from([b"", b"Content-Type: application/dicom\r\n", b"A: 1\r\nB:2\r\n"])
_contents = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"\r\n", b"\r\n--", b"\r\n--b0undar", b"x--b0undary", b"\r\n\r\n", b"-", b"\r"]),
).filter(lambda content: b"\r\n--b0undary" not in b"\r\n" + content)


@given(
    parts=st.lists(st.tuples(_heads, _contents), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 500), max_size=12),
    preamble=st.sampled_from([b"", b"hello", b"\r\nhello"]),
)
def test_parts_come_out_as_they_went_in_wherever_the_stream_is_cut(parts, cuts, preamble):
    found = _parse(_body(parts, preamble=preamble), cuts)
    assert [content for _, content, _ in found] == [content for _, content in parts]
    assert all(whole for _, _, whole in found)


def test_headers_are_read_without_regard_to_case():
    (part,) = _parse(_body([(b"CONTENT-Type: application/dicom; transfer-syntax=1.2\r\n", b"x")]))
    assert part[0] == {"content-type": "application/dicom; transfer-syntax=1.2"}


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_no_bytes_break_the_parser(raw, cuts):
    with contextlib.suppress(MalformedBodyError):
        _parse(b"--b0undary\r\n" + raw, cuts)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"--b0undary\r\n\r\nabc",
        b"--b0undaryX\r\n\r\n",
        b"--b0undary\r\n" + b"a" * 20_000,
        b"no boundary",
    ],
)
def test_a_body_without_end_or_shape_is_malformed(raw):
    with pytest.raises(MalformedBodyError):
        _parse(raw)


def test_the_boundary_comes_from_the_content_type():
    main, parameters = media_type('Multipart/Related; type="application/dicom"; boundary="a b:c"')
    assert (main, parameters["type"]) == ("multipart/related", "application/dicom")
    assert checked_boundary(parameters) == b"a b:c"
    for bad in ({}, {"boundary": ""}, {"boundary": "x" * 80}, {"boundary": "ä"}, {"boundary": "x\r\ny"}):
        with pytest.raises(MalformedBodyError):
            checked_boundary(bad)
