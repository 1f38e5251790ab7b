"""Archives of other makers, a process that is killed, and DICOMweb."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from tests.flow.retrieval.nodes import ended, instances_of, retrieving, row_of, until
from tests.flow.tenancy.serving import serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_plugin import install_small_plugin
from tests.small_study import receive

from allward.identity.models import Role
from allward.kernel.clock import now
from allward.retrieval.actions import ArchiveSettings, Wanted, add_archive, ask
from allward.retrieval.models import ArchiveTurn, Retrieval
from allward.retrieval.reaching import asked
from allward.retrieval.rows import StudyQuery
from allward.runs.models import AppRun, DecisionTrace
from allward.studies.received import RETRIEVED


def process_of_its_own() -> subprocess.Popen[bytes]:
    """Start what `allward up` starts."""
    return subprocess.Popen([sys.executable, "-m", "allward.config.run_retriever"], env=dict(os.environ))


@pytest.mark.parametrize("method", ["c_move", "c_get"])
def test_an_archive_that_counts_nothing_is_counted_image_by_image(surroundings, method):
    hospital, old = make_hospital(), surroundings.old_study(into=surroundings.small)
    with inside(hospital):
        archive = add_archive(surroundings.small.settings(method))
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    found = asked(archive).find_studies(StudyQuery(accession_number=old.accession_number))
    assert [each.study_instance_uid for each in found] == [old.study_instance_uid]
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.last_error, row.instances_expected) == ("complete", "", len(old.files))
    assert len(instances_of(hospital, old.study_instance_uid)) == len(old.files)


def test_a_process_that_is_killed_in_the_middle_loses_nothing_and_doubles_nothing(surroundings):
    hospital, old = make_hospital(), surroundings.old_study(slices=24, size=128)
    settings = surroundings.archive.settings("c_get", bits_per_s=old.size_bytes * 8 // 20)
    with inside(hospital):
        archive = add_archive(settings)
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    process = process_of_its_own()
    try:
        until(lambda: row_of(hospital, row.pk), lambda row: row.state == "retrieving")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert row_of(hospital, row.pk).state == "retrieving", "nobody was there to say anything else"
    with inside(hospital):
        turns = ArchiveTurn.objects.filter(archive_id=archive.pk)
        assert turns.get().lease_until > now() - timedelta(seconds=20)
        turns.update(lease_until=now())  # as if its time had run out
        type(archive).objects.filter(pk=archive.pk).update(bits_per_s=None)
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.attempts) == ("complete", 2)
    found = [each.sop_instance_uid for each in instances_of(hospital, old.study_instance_uid)]
    assert (len(found), len(set(found))) == (len(old.files), len(old.files))


def test_what_a_process_had_in_hand_that_was_asked_to_end_the_next_one_finishes(surroundings):
    hospital, old = make_hospital(), surroundings.old_study(slices=24, size=128)
    settings = surroundings.archive.settings("c_get", bits_per_s=old.size_bytes * 8 // 60)
    with inside(hospital):
        archive = add_archive(settings)
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    process = process_of_its_own()
    try:
        until(lambda: row_of(hospital, row.pk), lambda row: row.state == "retrieving")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
    with inside(hospital):
        type(archive).objects.filter(pk=archive.pk).update(bits_per_s=None)
    with retrieving():
        assert ended(hospital, row.pk).state == "complete"
    assert len(instances_of(hospital, old.study_instance_uid)) == len(old.files)


def test_studies_come_by_dicomweb_from_another_hospitals_server(surroundings, tmp_path):
    """The other server is this platform's own DICOMweb, asked with a person's credentials there."""
    there, here = make_hospital(), make_hospital()
    old = surroundings.old_study()
    receive(there, old.files)
    person = make_person(there, Role.RADIOLOGIST)
    with serving() as url:
        with inside(here):
            archives = [
                add_archive(
                    ArchiveSettings(
                        name=name, method="wado_rs", base_url=f"{url}/dicom-web", username=user, secret=secret
                    )
                )
                for name, user, secret in (
                    ("token", "", person.token), ("basic", person.username, person.password),
                    ("wrong", "", "no token"),
                )
            ]  # fmt: skip
            assert person.token not in archives[0].sealed_secret
            wanted = [Wanted(study_instance_uid=old.study_instance_uid)]
            token, wrong = (ask(archives[place].pk, wanted)[0] for place in (0, 2))
        with retrieving():
            token, wrong = ended(here, token.pk), ended(here, wrong.pk)
        rows = asked(archives[1]).find_studies(StudyQuery(accession_number=old.accession_number))
        assert [(row.study_instance_uid, row.instance_count) for row in rows] == [
            (old.study_instance_uid, len(old.files))
        ]
    assert (token.state, token.last_error) == ("complete", "")
    assert {each.source for each in instances_of(here, old.study_instance_uid)} == {RETRIEVED}
    assert len(instances_of(here, old.study_instance_uid)) == len(old.files)
    assert wrong.state == "failed"
    assert "credentials" in wrong.last_error


def test_what_was_fetched_starts_no_run_and_the_trace_says_why(surroundings, tmp_path):
    hospital, old = make_hospital(), surroundings.old_study(slices=12)
    install_small_plugin(hospital, tmp_path, tmp_path / "models")
    with inside(hospital):
        archive = add_archive(surroundings.archive.settings("c_get"))
        (row,) = ask(archive.pk, [Wanted(study_instance_uid=old.study_instance_uid)])
    with retrieving():
        assert ended(hospital, row.pk).state == "complete"

    def traces() -> list[str]:
        run_pipeline()
        with inside(hospital):
            return list(DecisionTrace.objects.values_list("clause", flat=True))

    assert until(traces, bool) == ["retrieved"]
    with inside(hospital):
        assert not AppRun.objects.exists()
        assert Retrieval.objects.get().state == "complete"
