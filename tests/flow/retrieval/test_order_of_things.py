"""Series by series: the window's end, a reader who comes in between, the pace of C-MOVE."""

import time
from datetime import timedelta

import pydicom
from pydicom.uid import generate_uid
from tests.flow.retrieval.nodes import PAID, ended, instances_of, retrieving, row_of, until
from tests.platform_database import inside, make_hospital
from tests.small_study import receive

from allward.kernel.clock import now
from allward.retrieval import work
from allward.retrieval.actions import Wanted, add_archive, ask
from allward.retrieval.models import Retrieval, SourceArchive
from allward.retrieval.states import Purpose
from allward.retrieval.window import Window


def two_series(surroundings, **more):
    """A study in the archive whose second half is a series of its own; the study and those series' UIDs."""
    old = surroundings.old_study(**more)
    extra = []
    uid = generate_uid()
    for number, path in enumerate(old.files):
        dataset = pydicom.dcmread(path)
        first = str(dataset.SeriesInstanceUID)
        dataset.SeriesInstanceUID, dataset.SOPInstanceUID = uid, generate_uid()
        dataset.SeriesNumber = 900
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        copy = path.with_name(f"second-{number}.dcm")
        dataset.save_as(copy, enforce_file_format=True)
        extra.append(copy)
    surroundings.archive.hold(extra)
    return old, first, str(uid)


def test_at_the_end_of_the_window_a_series_is_finished_and_the_rest_waits(surroundings, monkeypatch):
    hospital = make_hospital()
    old, *_ = two_series(surroundings)
    today = Window.from_json(
        {"days": [now().isoweekday()], "opens": "00:00", "closes": "00:00", "time_zone": "UTC"}
    )
    with inside(hospital):
        archive = add_archive(surroundings.archive.settings("c_get", window=today))
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    moments = iter([now()])
    monkeypatch.setattr(work, "now", lambda: next(moments, now() + timedelta(days=1)))
    with retrieving():
        row = until(lambda: row_of(hospital, row.pk), lambda row: "window" in row.last_error)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert (row.instances_here, row.instances_expected) == (len(old.files), 2 * len(old.files))
    assert row.not_before > now() + timedelta(days=5)
    assert len(instances_of(hospital, old.study_instance_uid)) == len(old.files)


def test_one_series_is_fetched_alone_and_the_rest_when_it_is_asked_for(surroundings):
    hospital = make_hospital()
    old, first, second = two_series(surroundings)
    uid = old.study_instance_uid
    with inside(hospital):
        archive = add_archive(surroundings.archive.settings("c_move"))
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=uid, series_instance_uids=(second,))])
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.instances_here) == ("complete", len(old.files))
    with inside(hospital):
        series = (Wanted(study_instance_uid=uid, series_instance_uids=(each,)) for each in (first, second))
        (row,) = ask(archive.pk, [*series, Wanted(study_instance_uid=uid)])
        assert Retrieval.objects.filter(state="waiting").count() == 1, "asked thrice, queued once"
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.instances_here) == ("complete", 2 * len(old.files))


def test_a_reader_does_not_wait_for_the_rest_of_a_backfill(surroundings):
    hospital = make_hospital()
    backfill, *_ = two_series(surroundings, slices=12, size=128)
    prior = surroundings.old_study()
    with inside(hospital):
        archive = add_archive(surroundings.archive.settings("c_get", bits_per_s=backfill.size_bytes * 8 // 8))
        (slow,) = ask(archive.pk, [Wanted(study_instance_uid=backfill.study_instance_uid)])
    with retrieving():
        until(lambda: row_of(hospital, slow.pk), lambda row: row.state == "retrieving")
        with inside(hospital):
            (quick,) = ask(
                archive.pk, [Wanted(study_instance_uid=prior.study_instance_uid)], purpose=Purpose.PRIOR,
                outside_window=True,
            )  # fmt: skip
            SourceArchive.objects.filter(pk=archive.pk).update(bits_per_s=None)  # from the next series on
        quick, slow = ended(hospital, quick.pk), ended(hospital, slow.pk)
    assert (quick.state, slow.state) == ("complete", "complete")
    assert quick.ended_at < slow.ended_at


def test_series_that_come_by_c_move_are_paced_to_the_cap(surroundings):
    hospital = make_hospital()
    old, *_ = two_series(surroundings, slices=12, size=128)
    with inside(hospital):
        archive = add_archive(surroundings.archive.settings("c_move", bits_per_s=old.size_bytes * 8 // 4))
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    began = time.monotonic()
    with retrieving():
        row = ended(hospital, row.pk)
    assert row.state == "complete"
    assert time.monotonic() - began > 3.0, "the second series did not wait for the first one's bytes"


def test_the_images_of_a_c_move_are_counted_against_the_cap_while_they_come(surroundings):
    hospital = make_hospital()
    old = surroundings.old_study(slices=6, size=128)
    with inside(hospital):
        capped = add_archive(surroundings.archive.settings("c_move", bits_per_s=10**9))
        (row,) = ask(capped.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    with retrieving():
        assert ended(hospital, row.pk).state == "complete"
    pixels = len(old.files) * 128 * 128 * 2
    assert pixels <= PAID[capped.pk] <= old.size_bytes


def test_what_cannot_be_taken_leaves_a_retrieval_incomplete_and_says_why(surroundings, tmp_path):
    hospital, old = make_hospital(), surroundings.old_study()
    dataset = pydicom.dcmread(old.files[0])
    dataset.PatientID = "SOMEBODY-ELSE"
    dataset.save_as(tmp_path / "other.dcm", enforce_file_format=True)
    receive(hospital, [tmp_path / "other.dcm"])
    with inside(hospital):
        archive = add_archive(surroundings.archive.settings("c_get"))
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.instances_here, row.instances_expected) == ("incomplete", 1, len(old.files))
    assert "another patient" in row.last_error
    assert row.suboperations_failed >= len(old.files) - 1
