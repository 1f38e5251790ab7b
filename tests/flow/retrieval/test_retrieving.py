"""Old studies come from a real archive: by C-MOVE and by C-GET, each into the hospital that asked."""

import time

from tests.flow.retrieval.nodes import ended, instances_of, retrieving, row_of, until
from tests.platform_database import Hospital, inside, make_hospital

from allward.kernel.clock import now
from allward.retrieval.actions import Wanted, add_archive, ask, cancel, give_title
from allward.retrieval.models import ExpectedMove, Retrieval, SourceArchive
from allward.retrieval.states import Purpose
from allward.retrieval.window import Window
from allward.studies.received import RETRIEVED


def entered(hospital: Hospital, surroundings, method: str, **more) -> SourceArchive:
    with inside(hospital):
        return add_archive(surroundings.archive.settings(method, **more))


def asked(hospital: Hospital, archive: SourceArchive, *wanted: Wanted, **more) -> list[Retrieval]:
    with inside(hospital):
        return ask(archive.pk, wanted, **more)


def test_a_study_comes_by_c_move_whole_into_the_hospital_that_asked(surroundings):
    hospital, old = make_hospital(), surroundings.old_study()
    archive = entered(hospital, surroundings, "c_move")
    (row,) = asked(hospital, archive, Wanted(study_instance_uid=old.study_instance_uid))
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.last_error) == ("complete", "")
    assert (row.instances_expected, row.instances_here) == (len(old.files), len(old.files))
    found = instances_of(hospital, old.study_instance_uid)
    assert len(found) == len(old.files)
    assert {instance.source for instance in found} == {RETRIEVED}


def test_one_archive_serves_two_hospitals_and_each_gets_what_it_asked_for(surroundings):
    """No rule maps the archive's AE title to anybody: the order itself says whose the images are."""
    north, south = make_hospital(), make_hospital()
    shared, only_north = surroundings.old_study(), surroundings.old_study()
    rows = []
    for hospital, studies in ((north, (shared, only_north)), (south, (shared,))):
        archive = entered(hospital, surroundings, "c_move")
        wanted = [Wanted(study_instance_uid=old.study_instance_uid) for old in studies]
        rows += [(hospital, row) for row in asked(hospital, archive, *wanted)]
    with retrieving():
        states = [ended(hospital, row.pk).state for hospital, row in rows]
    assert states == ["complete"] * 3
    assert len(instances_of(north, shared.study_instance_uid)) == len(shared.files)
    assert len(instances_of(south, shared.study_instance_uid)) == len(shared.files)
    assert len(instances_of(north, only_north.study_instance_uid)) == len(only_north.files)
    assert instances_of(south, only_north.study_instance_uid) == []


def test_a_study_comes_by_c_get_no_faster_than_the_cap(surroundings):
    hospital, old = make_hospital(), surroundings.old_study(slices=16, size=128)
    bits_per_s = old.size_bytes * 8 // 4
    archive = entered(hospital, surroundings, "c_get", bits_per_s=bits_per_s)
    (row,) = asked(hospital, archive, Wanted(study_instance_uid=old.study_instance_uid))
    began = time.monotonic()
    with retrieving():
        row = ended(hospital, row.pk)
    assert (row.state, row.last_error) == ("complete", "")
    assert time.monotonic() - began > 3.0, "it came faster than the cap allows"
    assert {each.source for each in instances_of(hospital, old.study_instance_uid)} == {RETRIEVED}


def test_what_is_here_already_is_not_asked_for_again(surroundings):
    hospital, old = make_hospital(), surroundings.old_study()
    archive = entered(hospital, surroundings, "c_move")
    wanted = Wanted(study_instance_uid=old.study_instance_uid)
    with retrieving():
        (first,) = asked(hospital, archive, wanted)
        ended(hospital, first.pk)
        (second,) = asked(hospital, archive, wanted)
        assert ended(hospital, second.pk).state == "complete"
    assert second.pk != first.pk
    with inside(hospital):
        moves = ExpectedMove.objects.filter(study_instance_uid=old.study_instance_uid)
        assert moves.count() == 1, "one series was ordered once, by the first"


def test_a_study_is_found_by_its_accession_number_and_an_unknown_one_is_said_so(surroundings):
    hospital, old = make_hospital(), surroundings.old_study()
    archive = entered(hospital, surroundings, "c_get")
    known, unknown = asked(
        hospital, archive, Wanted(accession_number=old.accession_number), Wanted(accession_number="NOSUCH")
    )
    with retrieving():
        known, unknown = ended(hospital, known.pk), ended(hospital, unknown.pk)
    assert (known.state, known.study_instance_uid) == ("complete", old.study_instance_uid)
    assert unknown.state == "failed"
    assert "NOSUCH" in unknown.last_error


def test_outside_of_the_window_only_what_a_reader_waits_for_is_fetched(surroundings):
    hospital = make_hospital()
    backfill, prior = surroundings.old_study(), surroundings.old_study()
    today = now().isoweekday()
    other_day = Window.from_json(
        {"days": [(today + 2) % 7 + 1], "opens": "22:00", "closes": "23:00", "time_zone": "UTC"}
    )
    archive = entered(hospital, surroundings, "c_move", window=other_day)
    (waits,) = asked(hospital, archive, Wanted(study_instance_uid=backfill.study_instance_uid))
    (goes,) = asked(
        hospital, archive, Wanted(study_instance_uid=prior.study_instance_uid), purpose=Purpose.PRIOR,
        outside_window=True,
    )  # fmt: skip
    with retrieving():
        assert ended(hospital, goes.pk).state == "complete"
    assert row_of(hospital, waits.pk).state == "waiting"
    assert instances_of(hospital, backfill.study_instance_uid) == []
    with inside(hospital):
        assert cancel(waits.pk).state == "canceled"


def test_an_archive_that_does_not_know_us_says_so_in_its_own_words(surroundings):
    hospital, old = make_hospital(), surroundings.old_study()
    with inside(hospital):
        give_title("STRANGER")
    archive = entered(hospital, surroundings, "c_move", move_destination="STRANGER")
    (row,) = asked(hospital, archive, Wanted(study_instance_uid=old.study_instance_uid))
    with retrieving():
        row = until(lambda: row_of(hospital, row.pk), lambda row: bool(row.last_error))
    assert "OLDPACS" in row.last_error
    assert instances_of(hospital, old.study_instance_uid) == []
