"""The registry of results is complete, and each record keeps what it was given."""

from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError
from tests.unit.sdk.stage_tables import STAGE, TITLE, heat, judge, lungs, nodules, vectors

from allward_sdk.dicom_places import OBJECT_OF, RESULT_KINDS, dicom_place, object_of
from allward_sdk.found import Found, array_names, record_id
from allward_sdk.results import Box, CaseResult
from allward_sdk.shapes import BulkAnnotations, Mesh
from allward_sdk.stages import OPERATIONS
from allward_sdk.writings import Table

CODE = {"scheme": "SCT", "value": "10200004", "meaning": "Liver"}
GROUP = {"label": CODE, "category": CODE, "title": TITLE, "graphic": "polygon", "points": "p", "starts": "s"}


def test_every_record_that_can_be_found_is_in_the_registry():
    union, _ = get_args(Found)
    assert set(get_args(union)) <= OBJECT_OF.keys()
    assert len({each.kind for each in RESULT_KINDS}) == len(RESULT_KINDS)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        (lungs(), "SEG"),
        (nodules(), "SR"),
        (judge(), "SR"),
        (heat(), "Parametric Map"),
        (vectors(), None),
    ],
)
def test_each_operation_has_its_object(table, place):
    assert table.get("operation", OPERATIONS[0]) in OPERATIONS
    assert dicom_place(STAGE.validate_python(table)) == place


def test_a_record_names_the_arrays_that_it_needs():
    measured = {"concept": CODE, "unit": CODE, "values": "v"}
    marks = BulkAnnotations.model_validate(
        {"stage": "cells", "title": TITLE, "groups": [{**GROUP, "measurements": [measured]}]}
    )
    assert array_names(marks) == ("p", "s", "v")
    mesh = Mesh.model_validate(
        {"stage": "liver", "label": CODE, "title": TITLE, "vertices": "a", "triangles": "b"}
    )
    assert (array_names(mesh), record_id(mesh), object_of(mesh)) == (
        ("a", "b"),
        "mesh/liver",
        "Encapsulated STL",
    )


def test_a_row_that_is_too_short_is_refused():
    column = {"name": "volume", "title": TITLE, "concept": CODE, "unit": CODE}
    table = {
        "stage": "t",
        "title": TITLE,
        "concept": CODE,
        "columns": [column],
        "rows": [{"title": TITLE, "values": [None]}],
    }
    assert Table.model_validate(table).rows[0].values == (None,)
    with pytest.raises(ValidationError, match="one value for each column"):
        Table.model_validate({**table, "rows": [{"title": TITLE, "values": []}]})


def test_the_arrays_of_a_case_are_no_part_of_its_json():
    case = CaseResult(
        study_instance_uid="1",
        series_instance_uid="2",
        app="a",
        version="1",
        plugins=(),
        evaluable=True,
        arrays={"a": np.zeros(3, np.float32)},
    )
    assert "arrays" not in case.model_dump(mode="json")
    assert case.model_copy(update={"reasons": ("x",)}).arrays["a"].shape == (3,)


def test_two_records_of_one_name_are_refused_since_their_objects_could_not_be_told_apart():
    mesh = {
        "kind": "mesh",
        "stage": "liver",
        "label": CODE,
        "title": TITLE,
        "vertices": "a",
        "triangles": "b",
    }
    case = {
        "study_instance_uid": "1",
        "series_instance_uid": "2",
        "app": "a",
        "version": "1",
        "plugins": (),
        "evaluable": True,
    }
    assert CaseResult.model_validate({**case, "found": [mesh, {**mesh, "stage": "spleen"}]})
    with pytest.raises(ValidationError, match="mesh/liver stands there twice"):
        CaseResult.model_validate({**case, "found": [mesh, mesh]})
    with pytest.raises(ValidationError, match="stage"):
        CaseResult.model_validate({**case, "found": [{**mesh, "stage": "../liver"}]})


def test_a_box_has_eight_corners_in_the_order_of_its_outline():
    box = Box(corner_lps_mm=(1, 2, 3), edges_lps_mm=((0, 0, 10), (0, 20, 0), (30, 0, 0)))
    corners = box.corners_lps_mm()
    assert corners[:4].tolist() == [[1, 2, 3], [31, 2, 3], [31, 22, 3], [1, 22, 3]]
    assert corners[4:].tolist() == [[1, 2, 13], [31, 2, 13], [31, 22, 13], [1, 22, 13]]
