"""Whose an image is that comes by C-MOVE, where rules of senders say nothing, the same, or the contrary."""

from uuid import UUID

import pytest
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_study import write_small_study

from allward.ingest.asked import AskedFor
from allward.ingest.indexing import Verdict, index_entries
from allward.ingest.place import spool
from allward.ingest.senders import Rule
from allward.ingest.spool import Origin
from allward.studies.models import Instance
from allward.studies.received import RETRIEVED

MOVED = Origin(
    called_ae_title="ALLWARD", calling_ae_title="SHAREDPACS", move_originator_ae_title="NORTH",
    move_originator_message_id="77",
)  # fmt: skip
PLAIN = Origin(called_ae_title="ALLWARD", calling_ae_title="SHAREDPACS")


@pytest.fixture
def arrive(tmp_path):
    """Put one image of a study into the spool as an association does, and index it."""
    path = write_small_study(tmp_path / "one")[0]

    def arrive(origin: Origin, rules: tuple[Rule, ...], ordered_by: UUID) -> Verdict:
        batch = spool().open_batch(origin)
        incoming = batch.incoming()
        incoming.write(path.read_bytes())
        entry = incoming.keep()
        batch.close()
        order = AskedFor(ordered_by, "SHAREDPACS", "NORTH", 77)
        return index_entries([entry], rules, asked=lambda _: [order]).verdicts[entry.entry_id]

    return arrive


def sources(hospital: Hospital) -> list[str]:
    with inside(hospital):
        return list(Instance.objects.values_list("source", flat=True))


def test_the_order_decides_where_rules_of_several_hospitals_match_alike(arrive):
    north, south = make_hospital(), make_hospital()
    rules = tuple(Rule(each.tenant_id, calling_ae_title="SHAREDPACS") for each in (north, south))
    assert arrive(MOVED, rules, north.tenant_id) is Verdict.NEW
    assert (sources(north), sources(south)) == ([RETRIEVED], [])


def test_the_order_decides_against_a_rule_about_our_own_door(arrive):
    north, south = make_hospital(), make_hospital()
    rules = (Rule(south.tenant_id, called_ae_title="ALLWARD"),)
    assert arrive(MOVED, rules, north.tenant_id) is Verdict.NEW
    assert (sources(north), sources(south)) == ([RETRIEVED], [])


def test_a_rule_that_gives_the_sender_to_another_hospital_puts_the_image_into_quarantine(arrive):
    north, south = make_hospital(), make_hospital()
    rules = (Rule(south.tenant_id, calling_ae_title="SHAREDPACS"),)
    assert arrive(MOVED, rules, north.tenant_id) is Verdict.QUARANTINED
    assert (sources(north), sources(south)) == ([], [])


def test_an_image_that_names_no_order_goes_by_the_rules_and_is_known_as_fetched(arrive):
    north = make_hospital()
    rules = (Rule(north.tenant_id, calling_ae_title="SHAREDPACS"),)
    assert arrive(PLAIN, rules, north.tenant_id) is Verdict.NEW
    assert sources(north) == [RETRIEVED]


def test_an_image_that_another_hospital_ordered_without_being_named_is_an_ordinary_one(arrive):
    north, south = make_hospital(), make_hospital()
    rules = (Rule(south.tenant_id, calling_ae_title="SHAREDPACS"),)
    assert arrive(PLAIN, rules, north.tenant_id) is Verdict.NEW
    assert (sources(north), sources(south)) == ([], ["SHAREDPACS"])
