"""kill -9 between every two steps: what was acknowledged is there once, and nothing is there twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from tests.flow.ingest.crashing import STEPS
from tests.platform_database import inside, make_hospital
from tests.small_study import write_small_study

from allward.audit.models import AuditEvent
from allward.ingest.indexing import index_entries
from allward.ingest.place import spool
from allward.ingest.spool import Origin
from allward.storage.place import storage
from allward.studies.models import Instance, InstanceConflict, Study

ROOT = Path(__file__).parents[3]
CRASH = "import sys, django; django.setup();from tests.flow.ingest.crashing import main; main(*sys.argv[1:])"


def _take_over() -> None:
    for entries in spool().abandoned():
        index_entries(entries, ())


@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_at_any_step_nothing_acknowledged_is_lost_or_doubled(step, tmp_path):
    hospital = make_hospital()
    paths = write_small_study(tmp_path, seed=uuid4().int % 10**6)[:3]
    died = subprocess.run(
        [sys.executable, "-c", CRASH, step, str(hospital.tenant_id), *paths],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "allward.config.settings",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}:{ROOT / 'apps'}",
        },
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL, died.stderr
    acknowledged = died.stdout.count("acknowledged")
    assert acknowledged == (0 if step in ("writing", "renamed") else len(paths))
    _take_over()
    _take_over()
    with inside(hospital):
        rows = list(Instance.objects.all())
        assert len(rows) >= acknowledged
        assert len({row.sop_instance_uid for row in rows}) == len(rows)
        assert not InstanceConflict.objects.exists()
        if rows:
            assert Study.objects.get().instance_count == len(rows)
            received = AuditEvent.objects.filter(action="receive")
            assert sum(row.detail["new"] for row in received) == len(rows)
    for row in rows:
        assert len(storage().read(row.storage_key)) == row.size_bytes
    assert not list(spool().root.iterdir())


def test_two_processes_never_take_the_same_objects(tmp_path):
    batch = spool().open_batch(Origin(tenant_id=make_hospital().tenant_id, actor="alive"))
    incoming = batch.incoming()
    incoming.write(write_small_study(tmp_path, seed=3)[0].read_bytes())
    entry = incoming.keep()
    assert [each for found in spool().abandoned() for each in found] == []
    batch.release()
    ((taken,),) = spool().abandoned()
    assert taken.entry_id == entry.entry_id
    assert list(spool().abandoned()) == []
    taken.forget()
    assert not list(spool().root.iterdir())
