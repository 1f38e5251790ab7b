"""What acceptance is asked: the wire forms, and how they become typed orders."""

from collections.abc import Sequence
from typing import IO, Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from allward.acceptance.case_tables import MOST_BYTES, read_table
from allward.acceptance.orders import MOST_CASES, MOST_MARKS, CaseOrder, ReaderMark, SegmentationOrder
from allward.api.plugin_forms import Form
from allward.api.shadow_forms import FiniteField
from allward.kernel.texts import Text


class TableParser(BaseParser):
    """Leaves a table as its bytes, up to what a table may be."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        """Return the bytes."""
        return {"table": stream.read(MOST_BYTES + 1)}


class AcceptanceSetOrderForm(Form):
    """A set that is to be made."""

    name = serializers.CharField(max_length=200)
    version_id = serializers.UUIDField()
    slot = serializers.CharField(max_length=100, default="", help_text="empty: the first that it fills")
    label = serializers.CharField(  # type: ignore[assignment]  # hides an attribute that is not used
        max_length=100, default="", help_text="what marks and present are about; empty: the only one"
    )
    least_score = FiniteField(
        min_value=0, max_value=1, allow_null=True, default=None, help_text="null: whatever the plug-in gives"
    )
    parameters = serializers.DictField(
        default=dict, help_text="values that a rule sets, over those of the installation"
    )
    cases_of = serializers.UUIDField(
        allow_null=True, default=None, help_text="a set whose cases are taken over"
    )


class ReaderMarkForm(Form):
    """A point where a reader saw something; LPS, mm."""

    x_mm = FiniteField()
    y_mm = FiniteField()
    z_mm = FiniteField()
    diameter_mm = FiniteField(allow_null=True, default=None)
    counts = serializers.BooleanField(default=True, help_text="false: readers disagree")


class SegmentationOrderForm(Form):
    """A Segmentation in the archive."""

    series_instance_uid = serializers.CharField(max_length=64)
    sop_instance_uid = serializers.CharField(max_length=64, default="")
    labels = serializers.DictField(
        child=serializers.CharField(max_length=100),
        required=False,
        allow_null=True,
        help_text="segment number to label; left out: by coded meaning, else by name",
    )


class CaseOrderForm(Form):
    """A series and what is known of it: at least one of segmentation, marks, present."""

    series_instance_uid = serializers.CharField(max_length=64)
    study_instance_uid = serializers.CharField(max_length=64, default="", allow_blank=True)
    segmentation = SegmentationOrderForm(required=False, allow_null=True)
    marks = ReaderMarkForm(  # type: ignore[call-arg]  # of the list that `many` makes
        many=True, required=False, allow_null=True, max_length=MOST_MARKS
    )
    present = serializers.BooleanField(required=False, allow_null=True, default=None)


class CaseOrdersForm(Form):
    """Cases that are to be added or changed."""

    cases = CaseOrderForm(  # type: ignore[call-arg]  # of the list that `many` makes
        many=True, max_length=MOST_CASES
    )


class AcceptOrderForm(Form):
    """Which installation is accepted, in the words of who accepts it."""

    installation_id = serializers.UUIDField()
    remark = serializers.CharField(max_length=1000, allow_blank=True, default="")


class RequirementOrderForm(Form):
    """What a department (null: the whole hospital) asks; null: by default."""

    department = serializers.SlugField(allow_null=True)
    required = serializers.BooleanField(  # type: ignore[assignment]  # hides an attribute that is not used
        allow_null=True
    )


def case_orders(request: Request) -> list[CaseOrder]:
    """Return the cases that a request names, as JSON or as a table.

    Raises
    ------
    BadCaseError
        If the table is not one, with its line.
    """
    sent: Any = request.data
    if (request.content_type or "").startswith(TableParser.media_type):
        return read_table(sent["table"])
    asked = CaseOrdersForm(data=request.data)
    asked.is_valid(raise_exception=True)
    told: dict[str, Any] = asked.validated_data
    said: Sequence[dict[str, Any]] = told["cases"]
    return [_case_order(number, one) for number, one in enumerate(said, 1)]


def _case_order(number: int, said: dict[str, Any]) -> CaseOrder:
    marks, segmentation = said.get("marks"), said.get("segmentation")
    return CaseOrder(
        series_instance_uid=said["series_instance_uid"],
        study_instance_uid=said["study_instance_uid"],
        segmentation=None if segmentation is None else _segmentation_order(segmentation),
        marks=None if marks is None else tuple(ReaderMark(**mark) for mark in marks),
        present=said["present"],
        place=Text(f"Case {number}", f"第 {number} 例"),
    )


def _segmentation_order(said: dict[str, Any]) -> SegmentationOrder:
    labels = said.get("labels")
    if labels is not None and not all(number.isdecimal() for number in labels):
        raise ParseError()
    return SegmentationOrder(
        series_instance_uid=said["series_instance_uid"],
        sop_instance_uid=said["sop_instance_uid"],
        labels=None if labels is None else {int(number): label for number, label in labels.items()},
    )
