"""A room's tables are written only in its `actions.py`: one function, one transaction, one event."""

import pytest

from tests.architecture.tree import ROOT, SOURCE_ROOTS, python_files
from tests.architecture.writes import OTHER_DOORS, foreign_writes

IMPORT = "from allward.runs.models import Job\n"


def test_every_table_is_written_through_its_rooms_door() -> None:
    found = [b for path, text in python_files(*SOURCE_ROOTS) for b in foreign_writes(path, text)]
    assert found == []


def test_other_doors_exist_and_say_why() -> None:
    for path, reason in OTHER_DOORS.items():
        assert (ROOT / "platform" / "allward" / path).is_file(), f"{path} is gone; take it off the list"
        assert len(reason.split()) > 4


@pytest.mark.parametrize(
    "text",
    [
        "Job.objects.create(key='a')",
        "Job.objects.get_or_create(key='a')",
        "Job.objects.using('owner').bulk_create(rows)",
        "Job.objects.filter(pk=1).update(state='completed')",
        "Job.objects.all().delete()",
        "Job.objects.filter(pk=1)[:5].delete()",
        "rows.filter(pk=1).update(state='completed')",
        "mine = Job.objects.filter(pk=1)\nmine.update(state='completed')",
        "job.save()",
        "job.save(update_fields=['state'])",
        "job.delete()",
        "cursor.execute('UPDATE runs_job SET state = %s')",
        'cursor.execute(f"INSERT INTO runs_job ({columns}) VALUES")',
    ],
)
def test_a_write_outside_the_rooms_actions_is_found(text: str) -> None:
    assert foreign_writes("platform/allward/runs/queries.py", IMPORT + text)
    assert not foreign_writes("platform/allward/runs/actions.py", IMPORT + text)
    assert not foreign_writes("platform/allward/runs/actions/schedule.py", IMPORT + text)


@pytest.mark.parametrize("text", ["Job.objects.create(key='a')", "cursor.execute('DELETE FROM runs_job')"])
def test_a_write_to_another_rooms_table_is_found_even_in_actions(text: str) -> None:
    assert foreign_writes("platform/allward/results/actions.py", IMPORT + text)


@pytest.mark.parametrize(
    "text",
    [
        "Job.objects.filter(pk=1).first()",
        "names.update({'a': 1})",
        "digest.update(block)",
        "image.save(stream, format='PNG')",
        "storage.delete(key)",
        "store.create(key)",
        "'SELECT * FROM runs_job FOR UPDATE'",
    ],
)
def test_what_only_reads_is_left_alone(text: str) -> None:
    assert not foreign_writes("platform/allward/runs/queries.py", IMPORT + text)
