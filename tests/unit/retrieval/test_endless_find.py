"""An archive that answers a search for ever holds nobody for ever."""

import time

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]  # made when loaded

from allward.retrieval import dimse
from allward.retrieval.archive import ArchiveAwayError
from allward.retrieval.association import Node
from allward.retrieval.dimse import DimseArchive
from allward.retrieval.rows import StudyQuery


def for_ever(event):
    while event.assoc.is_established:
        row = Dataset()
        row.QueryRetrieveLevel, row.StudyInstanceUID = "STUDY", "1.2.3"
        yield 0xFF00, row
        time.sleep(0.02)


@pytest.mark.timeout(60)
def test_an_archive_that_finds_for_ever_is_hung_up_on(monkeypatch):
    monkeypatch.setattr(dimse, "FIND_S", 0.5)
    entity = AE(ae_title="ENDLESS")
    entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, for_ever)])
    try:
        node = Node("127.0.0.1", server.server_address[1], "ENDLESS", "OURS")
        with pytest.raises(ArchiveAwayError, match="stopped answering"):
            DimseArchive(node, fallback_charset="ISO_IR 192").find_studies(StudyQuery(patient_id="1"))
    finally:
        server.shutdown()
