"""What the wire says of a correction, read into what it asks for; sizes are bounded before it is unpacked."""

import base64
import binascii
import math
import zlib
from typing import Any
from uuid import UUID

import numpy as np
from rest_framework import serializers

from allward.api.errors import Refusal
from allward.kernel.texts import Text
from allward.results.edit_requests import AddAt, AddDrawn, Draw, EditRequest, Measure, Merge, Split
from allward.results.models import EditKind
from allward_runner.abilities import Calipers, Outline
from allward_sdk.results import PointLps

MOST_VOXELS = 1 << 24
"""Of a drawn box: a cube of 256 voxels an edge, more than any lesion."""
_MOST_TEXT = 1 << 23
"""Characters of a packed mask; the roughest outline packs much better."""
_FAR_MM = 1e5
_GZIP = 31
"""`wbits` of zlib for the format of gzip."""

_NO_MASK = Text(
    "The outline is not the base64 of gzip of one byte (0 or 1) a voxel of its box.",
    "轮廓格式不正确：应为其边界框内每体素一个字节（0或1），gzip压缩后base64编码。",
)
_TOO_LARGE = Text("The box of the outline is too large.", "轮廓的边界框过大。")
_SHORT_LINE = Text("A line needs two different ends.", "测量线需要两个不同的端点。")


def _triple(field: serializers.Field[Any, Any, Any, Any]) -> serializers.ListField:
    return serializers.ListField(child=field, min_length=3, max_length=3)


class FiniteField(serializers.FloatField):
    """A number that is one: infinities and what is no number pass comparisons that should stop them."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number.

        Raises
        ------
        ValidationError
            If it is none.
        """
        value = float(super().to_internal_value(data))
        if not math.isfinite(value):
            self.fail("invalid")
        return value


def _point() -> serializers.ListField:
    return _triple(FiniteField(min_value=-_FAR_MM, max_value=_FAR_MM))


def _points() -> serializers.ListField:
    return serializers.ListField(child=_point(), min_length=2, max_length=2)


class _Outlined(serializers.Serializer[dict[str, Any]]):
    first_kji = _triple(serializers.IntegerField(min_value=0, max_value=1 << 16))
    shape_kji = _triple(serializers.IntegerField(min_value=1, max_value=1 << 16))
    mask = serializers.CharField(max_length=_MOST_TEXT)


class _CalipersForm(serializers.Serializer[dict[str, Any]]):
    finding_id = serializers.UUIDField()
    long_lps_mm = _points()
    short_lps_mm = serializers.ListField(child=_point(), min_length=2, max_length=2, allow_null=True)


class _OutlineForm(_Outlined):
    finding_id = serializers.UUIDField()


class _AddForm(serializers.Serializer[dict[str, Any]]):
    point_lps_mm = _point()


class _MergeForm(serializers.Serializer[dict[str, Any]]):
    finding_ids = serializers.ListField(child=serializers.UUIDField(), min_length=2, max_length=255)


class _SplitForm(serializers.Serializer[dict[str, Any]]):
    finding_id = serializers.UUIDField()
    points_lps_mm = _points()


class CorrectionSerializer(serializers.Serializer[dict[str, Any]]):
    """What every correction says; its further fields go by its kind."""

    kind = serializers.ChoiceField(choices=EditKind.values)
    version = serializers.IntegerField(min_value=1)
    accept = serializers.BooleanField()


_FORMS: dict[str, type[serializers.Serializer[dict[str, Any]]]] = {
    EditKind.CALIPERS: _CalipersForm,
    EditKind.OUTLINE: _OutlineForm,
    EditKind.ADD: _AddForm,
    EditKind.ADD_OUTLINE: _Outlined,
    EditKind.MERGE: _MergeForm,
    EditKind.SPLIT: _SplitForm,
}


def edit_request(kind: str, data: Any) -> EditRequest:
    """Return what a request asks for; undoing asks for nothing and has no form.

    Raises
    ------
    ValidationError, Refusal
        If a field is missing or wrong, by its name, or an outline cannot be unpacked.
    """
    form = _FORMS[kind](data=data)
    form.is_valid(raise_exception=True)
    said = form.validated_data
    match kind:
        case EditKind.CALIPERS:
            return Measure(said["finding_id"], _calipers(said))
        case EditKind.OUTLINE:
            return Draw(said["finding_id"], _outline(said))
        case EditKind.ADD:
            return AddAt(_lps(said["point_lps_mm"]))
        case EditKind.ADD_OUTLINE:
            return AddDrawn(_outline(said))
        case EditKind.MERGE:
            return Merge(tuple(UUID(str(each)) for each in said["finding_ids"]))
        case _:
            return Split(said["finding_id"], _line(said["points_lps_mm"]))


def _lps(point: list[float]) -> PointLps:
    x, y, z = point
    return x, y, z


def _line(points: list[list[float]]) -> tuple[PointLps, PointLps]:
    one, other = _lps(points[0]), _lps(points[1])
    if one == other:
        raise Refusal("invalid", _SHORT_LINE)
    return one, other


def _calipers(said: dict[str, Any]) -> Calipers:
    short = said["short_lps_mm"]
    return Calipers(_line(said["long_lps_mm"]), None if short is None else _line(short))


def _outline(said: dict[str, Any]) -> Outline:
    k, j, i = said["shape_kji"]
    voxels = math.prod((k, j, i))
    if voxels > MOST_VOXELS:
        raise Refusal("too_large", _TOO_LARGE)
    try:
        packed = base64.b64decode(said["mask"], validate=True)
        unpacking = zlib.decompressobj(wbits=_GZIP)
        content = unpacking.decompress(packed, voxels + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Refusal("no_outline", _NO_MASK) from error
    values = np.frombuffer(content, dtype=np.uint8)
    if values.size != voxels or not unpacking.eof or values.max(initial=0) > 1:
        raise Refusal("no_outline", _NO_MASK)
    first_k, first_j, first_i = said["first_kji"]
    return Outline(values.reshape(k, j, i).astype(bool), (first_k, first_j, first_i))
