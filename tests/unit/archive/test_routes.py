"""The one table of DICOMweb paths."""

import pytest

from allward.archive.routes import READING, route_table
from allward.identity.permissions import IMPORT, VIEW


async def _store(*_args, **_kwargs):
    return None


TABLE = route_table(store=_store)


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("GET", "/dicom-web/studies", {}),
        ("GET", "/dicom-web/studies/", {}),
        ("HEAD", "/dicom-web/studies/1.2", {"study": "1.2"}),
        ("GET", "/dicom-web/hospitals/west/studies/1.2/metadata", {"tenant_code": "west", "study": "1.2"}),
        (
            "GET",
            "/dicom-web/studies/1/series/2/instances/3/frames/1,2",
            {"study": "1", "series": "2", "instance": "3", "frames": "1,2"},
        ),
        (
            "GET",
            "/dicom-web/studies/1/series/2/instances/3/bulkdata/00081140/0/00420011",
            {"study": "1", "series": "2", "instance": "3", "path": "00081140/0/00420011"},
        ),
        ("POST", "/dicom-web/studies/1.2", {"study": "1.2"}),
    ],
)
def test_a_path_is_known_with_what_it_names(method, path, params):
    found = TABLE.match(method, path)
    assert found is not None
    assert found.params == params


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/dicom-web"),
        ("GET", "/dicom-web/studies/abc"),
        ("GET", "/dicom-web/studies/../x"),
        ("GET", "/dicom-web/studies/1/series/2/instances/3/frames/0"),
        ("DELETE", "/dicom-web/studies/1"),
        ("POST", "/dicom-web/hospitals/west/studies"),
        ("GET", "/dicom-web/studies/1.2\n"),
    ],
)
def test_other_paths_are_not_known(method, path):
    assert TABLE.match(method, path) is None


def test_reading_needs_the_right_to_view_and_storing_the_right_to_import():
    assert {route.permission for route in READING} == {VIEW}
    assert {route.permission for route in TABLE.routes if route.method == "POST"} == {IMPORT}
    assert TABLE.allowed_methods("/dicom-web/studies") == ("GET", "POST")
