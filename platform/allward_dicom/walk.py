"""The walk through the elements of a data set up to its Pixel Data, into the DICOM JSON model.

Values over 64 KiB are not read: the JSON names them by a `BulkDataURI` relative to the object
(`bulkdata/<path>`), and `Walk.bulk_data` says where their bytes lie.
"""

from typing import NamedTuple

from allward_dicom.encoding import (
    IMPLICIT,
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    Buffer,
    Encoding,
    NotAnElementError,
    dictionary_vr,
)
from allward_dicom.text import Decode, text_decoder
from allward_dicom.values import JsonDataset, JsonElement, json_element

BULK_THRESHOLD = 64 * 1024
"""Bytes above which a value stays in the file."""
BULK_PREFIX = "bulkdata/"
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float, Double Float and integer Pixel Data. Source: PS3.3 C.7.6.3, C.7.6.24."""
OFFSET_TABLES = frozenset({0x7FE00001, 0x7FE00002})
"""Extended Offset Table and its Lengths; always left in place. Source: PS3.3 C.7.6.3.1.8."""
_MAX_DEPTH = 40
_CHARSET = 0x00080005
_PIXEL_REPRESENTATION = 0x00280103
_KEY: dict[int, str] = {}


class ByteRange(NamedTuple):
    """Where some bytes lie: first byte, and how many."""

    offset: int
    length: int


class TruncatedError(ValueError):
    """The data set ends before its elements do."""


class _Context(NamedTuple):
    """What a data set hands on to the data sets inside it."""

    encoding: Encoding
    decode: Decode
    signed: bool
    depth: int
    path: str


def tag_key(tag: int) -> str:
    """Return a tag as the DICOM JSON model spells it: `"0020000D"`."""
    key = _KEY.get(tag)
    if key is None:
        key = f"{tag:08X}"
        if len(_KEY) < 20_000:
            _KEY[tag] = key
    return key


class Walk:
    """One pass over the bytes of a data set.

    Attributes
    ----------
    pixel_data
        (tag, VR, where the value starts, its length) if the walk ended at Pixel Data.
    bulk_data
        Path of each value that was left in place -> where it lies.
    charset_terms
        Values of the outermost (0008,0005).
    """

    def __init__(self, data: Buffer, *, fallback_charset: str | None) -> None:
        self.data = data
        self.size = len(data)
        self.fallback_charset = fallback_charset
        self.pixel_data: tuple[int, str, int, int] | None = None
        self.bulk_data: dict[str, ByteRange] = {}
        self.charset_terms: tuple[str, ...] = ()
        self.position = 0

    def read(self, start: int, encoding: Encoding) -> JsonDataset:
        """Walk the data set that starts at `start`.

        Raises
        ------
        TruncatedError, NotAnElementError, struct.error
            If the bytes end too early, or are no elements.
        """
        self.position = start
        context = _Context(encoding, text_decoder((), self.fallback_charset), False, 0, "")
        return self._dataset(self.size, context, delimited=False)

    def _dataset(self, end: int, context: _Context, *, delimited: bool) -> JsonDataset:
        found: JsonDataset = {}
        head = context.encoding.head
        outermost = context.depth == 0
        while self.position < end:
            tag, vr, start, length = head(self.data, self.position)
            if tag in PIXEL_TAGS and outermost:
                self.pixel_data = tag, vr, start, length
                return found
            if tag == ITEM_END and not outermost:
                self.position = start
                return found
            element = self._element(tag, vr, ByteRange(start, length), context)
            if tag & 0xFFFF:
                found[tag_key(tag)] = element
            if tag in (_CHARSET, _PIXEL_REPRESENTATION):
                context = self._changed(tag, element, context)
        if delimited:
            raise TruncatedError("an item of a sequence does not end")
        return found

    def _changed(self, tag: int, element: JsonElement, context: _Context) -> _Context:
        """Follow the elements that say how later ones are to be read."""
        value = element.get("Value", [])
        if tag == _PIXEL_REPRESENTATION:
            return context._replace(signed=value == [1])
        terms = tuple(term or "" for term in value if term is None or isinstance(term, str))
        if context.depth == 0:
            self.charset_terms = terms
        if value:
            element["Value"] = ["ISO_IR 192"]
        return context._replace(decode=text_decoder(terms, self.fallback_charset))

    def _element(self, tag: int, vr: str, where: ByteRange, context: _Context) -> JsonElement:
        start, length = where
        if tag >> 16 == 0xFFFE:
            raise NotAnElementError(f"a delimiter without a sequence at byte {self.position}")
        if length == UNDEFINED:
            return self._undefined(tag, vr, start, context)
        self.position = start + length
        if self.position > self.size:
            raise TruncatedError(
                f"the element {tag_key(tag)} needs {length} bytes, {max(0, self.size - start)} are left"
            )
        if vr == "UN" or (vr == "US" and context.signed):
            vr, context = self._known_vr(tag, vr, context)
        if vr == "SQ":
            return self._sequence(tag, where, context)
        if length > BULK_THRESHOLD or tag in OFFSET_TABLES:
            return self._bulk(tag, vr, where, context)
        raw = bytes(self.data[start : start + length])
        return json_element(vr, raw, order=context.encoding.order, decode=context.decode)

    def _known_vr(self, tag: int, vr: str, context: _Context) -> tuple[str, _Context]:
        """Look up what the head could not say: signedness in implicit VR, public tags sent as UN.

        A value of VR UN is encoded in implicit little endian whatever is around it (PS3.5 6.2.2).
        """
        if not context.encoding.explicit:
            return dictionary_vr(tag, context.signed), context
        if vr == "US":
            return vr, context
        return dictionary_vr(tag, context.signed), context._replace(encoding=IMPLICIT)

    def _bulk(self, tag: int, vr: str, where: ByteRange, context: _Context) -> JsonElement:
        path = context.path + tag_key(tag)
        self.bulk_data[path] = where
        return {"vr": vr, "BulkDataURI": BULK_PREFIX + path}

    def _undefined(self, tag: int, vr: str, start: int, context: _Context) -> JsonElement:
        if vr in ("OB", "OW"):
            length = skip_fragments(self.data, start, context.encoding)[1] - start
            self.position = start + length
            return self._bulk(tag, vr, ByteRange(start, length), context)
        if vr == "UN":  # PS3.5 6.2.2: undefined length means a sequence, in implicit little endian
            context = context._replace(encoding=IMPLICIT)
        elif vr != "SQ":
            raise NotAnElementError(f"the element {tag_key(tag)} has no length")
        return self._sequence(tag, ByteRange(start, UNDEFINED), context)

    def _sequence(self, tag: int, where: ByteRange, context: _Context) -> JsonElement:
        start, length = where
        if context.depth >= _MAX_DEPTH:
            raise NotAnElementError(f"sequences are nested deeper than {_MAX_DEPTH}")
        undefined = length == UNDEFINED
        end = self.size if undefined else start + length
        items: list[JsonDataset] = []
        self.position = start
        while self.position < end:
            item, item_length = context.encoding.item_head(self.data, self.position)
            self.position += 8
            if item == SEQUENCE_END and undefined:
                return _sequence_element(items)
            if item != ITEM:
                raise NotAnElementError(f"no item of sequence {tag_key(tag)} at byte {self.position - 8}")
            inner = context._replace(
                depth=context.depth + 1, path=f"{context.path}{tag_key(tag)}/{len(items)}/"
            )
            items.append(self._item(item_length, end, inner))
        if undefined:
            raise TruncatedError(f"the sequence {tag_key(tag)} does not end")
        return _sequence_element(items)

    def _item(self, length: int, sequence_end: int, context: _Context) -> JsonDataset:
        if length == UNDEFINED:
            return self._dataset(sequence_end, context, delimited=True)
        end = self.position + length
        if end > sequence_end:
            raise TruncatedError(f"an item needs {length} bytes, {sequence_end - self.position} are left")
        found = self._dataset(end, context, delimited=False)
        self.position = end
        return found


def _sequence_element(items: list[JsonDataset]) -> JsonElement:
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}


def skip_fragments(data: Buffer, start: int, encoding: Encoding) -> tuple[list[ByteRange], int]:
    """List the items of an encapsulated value and the place behind its delimiter.

    Raises
    ------
    TruncatedError
        If an item reaches beyond the data, or the delimiter is missing.
    NotAnElementError
        If something else than an item comes.
    """
    items: list[ByteRange] = []
    position, size = start, len(data)
    while position + 8 <= size:
        tag, length = encoding.item_head(data, position)
        position += 8
        if tag == SEQUENCE_END:
            return items, position
        if tag != ITEM or length == UNDEFINED:
            raise NotAnElementError(f"no item of Pixel Data at byte {position - 8}")
        if position + length > size:
            raise TruncatedError(f"an item of Pixel Data needs {length} bytes, {size - position} are left")
        items.append(ByteRange(position, length))
        position += length
    raise TruncatedError("the encapsulated Pixel Data has no end")
