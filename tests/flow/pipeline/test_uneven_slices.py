"""A series that may be measured may be reported: the slices of its objects are those that were read."""

import pydicom
from tests.flow.pipeline.working import MODELS, SPEC, newest_result, review_all, settle, work_off
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.results.models import ObjectKind, ResultObject
from allward.storage.place import storage
from allward_dicom.phantom import PhantomSpec

LONGER = PhantomSpec(slices=13, size=64, slice_spacing_mm=10.0)


def unevenly(paths):
    """Let the first half lie 10.2 mm apart and the second 9.8 mm, as rounding scanners do."""
    z_mm = 0.0
    for number, path in enumerate(sorted(paths, key=lambda each: position_mm(each)[2])):
        image = pydicom.dcmread(path)
        x, y, _ = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y, round(z_mm, 1)]
        image.save_as(path)
        z_mm += 10.2 if number < len(paths) // 2 else 9.8
    return paths


def position_mm(path):
    return [float(each) for each in pydicom.dcmread(path, stop_before_pixels=True).ImagePositionPatient]


def test_a_series_of_slightly_uneven_slices_gets_its_objects(tmp_path, engine):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    receive(hospital, unevenly(write_small_study(tmp_path / "study", seed=21, spec=SPEC)))
    settle()
    assert work_off(hospital) == 1
    review_all(hospital, newest_result(hospital))
    run_pipeline()
    with inside(hospital):
        kinds = set(ResultObject.objects.filter(verified=True).values_list("kind", flat=True))
        assert kinds == {ObjectKind.SR}
        assert ResultObject.objects.filter(kind=ObjectKind.SEG).exists()


def test_an_image_that_came_after_the_run_is_in_none_of_its_objects(tmp_path, engine):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    paths = sorted(
        write_small_study(tmp_path / "study", seed=22, spec=LONGER), key=lambda p: position_mm(p)[2]
    )
    receive(hospital, paths[1:])
    settle()
    work_off(hospital)
    result = newest_result(hospital)
    review_all(hospital, result)
    receive(hospital, paths[:1])
    late_uid = pydicom.dcmread(paths[0], stop_before_pixels=True).SOPInstanceUID
    run_pipeline()
    with inside(hospital):
        written = ResultObject.objects.filter(result=result).select_related("instance")
        assert written.filter(verified=True).exists()
        for each in written:
            content = storage().path(each.instance.storage_key).read_bytes()
            assert late_uid.encode() not in content
