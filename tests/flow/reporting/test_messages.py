"""Reports on their way to a RIS: over MLLP to a real listener, over HTTP to a FHIR server."""

import hl7
import pytest
from fhir.resources.R4B.bundle import Bundle
from tests.flow.delivery.scene import let_back_off_pass, run_steps
from tests.flow.reporting.desk import WANG, Desk, new_desk
from tests.flow.reporting.ris import connect, fhir_server, listening, states

from allward.reporting import actions
from allward.reporting.events import MessageScheduled, ReportReleased
from allward.reporting.models import MessageOut, ReportVersion, RisConnection
from allward.reporting.releasing import schedule_messages
from allward.reporting.steps import send_report_message
from allward.tenancy.scope import carrying, within


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = new_desk(tmp_path)
    desk.begin()
    return desk


@pytest.fixture
def ris():
    with listening() as found:
        yield found


def test_a_final_report_reaches_the_ris_once_in_its_own_words(desk, ris):
    connect(desk, ris)
    desk.sign()
    run_steps()
    assert ris.received == [], "a preliminary report goes only where it is asked for"
    desk.verify()
    run_steps()
    run_steps()
    (text,) = ris.received
    message = hl7.parse(text)
    with within(desk.scene.system):
        study = desk.report().study
        patient = study.patient
    assert str(message.segment("MSH")(18)) == "UNICODE UTF-8"
    assert str(message.segment("MSH")(9)) == "ORU^R01^ORU_R01"
    assert str(message.segment("PID")(3)[0](1)) == patient.patient_id
    obr = message.segment("OBR")
    assert (str(obr(18)), str(obr(25))) == (study.accession_number, "F")
    impression = next(each for each in message.segments("OBX") if "19005-8" in str(each(3)))
    assert f"共{len(desk.findings())}处发现。" in str(impression(5))
    assert states(desk) == [("final", "delivered")]


def test_preliminary_final_and_amended_go_out_in_this_order_with_their_status(desk, ris):
    connect(desk, ris, sends_preliminary=True)
    for act in (desk.sign, desk.verify):
        act()
        run_steps()
    with within(desk.wang):
        actions.amend_report(
            desk.report_id, revision=desk.report().revision, author_name=WANG, reason="Side."
        )
    desk.write(impression="On the right.")
    desk.sign()
    run_steps()
    assert len(ris.received) == 2, "an amendment that is not verified is nobody's business"
    desk.verify()
    run_steps()
    assert [str(hl7.parse(each).segment("OBR")(25)) for each in ris.received] == ["P", "F", "C"]
    assert len(set(ris.control_ids)) == 3


def test_a_ris_that_is_away_gets_the_message_later_under_the_same_control_id(desk, ris):
    connect(desk, ris)
    ris.answers[:] = ["-", "AR", "?"]
    desk.sign()
    desk.verify()
    run_steps()
    for _ in range(3):
        assert states(desk) == [("final", "scheduled")]
        let_back_off_pass()
        run_steps()
    assert states(desk) == [("final", "delivered")]
    assert len(ris.received) == 4
    assert len(set(ris.control_ids)) == 1
    assert len(set(ris.received)) == 1, "byte for byte the same"


def test_a_message_that_the_ris_finds_wrong_waits_for_a_person(desk, ris):
    connect(desk, ris)
    ris.answers[:] = ["AE"]
    desk.sign()
    desk.verify()
    run_steps()
    let_back_off_pass()
    run_steps()
    assert states(desk) == [("final", "failed")]
    assert len(ris.received) == 1
    (failed,) = desk.messages()
    assert "error in the message" in failed.last_error
    with within(desk.wang):
        actions.retry_message(failed.pk)
    run_steps()
    assert states(desk) == [("final", "delivered")]
    assert len(set(ris.control_ids)) == 1


def test_a_state_that_was_not_sent_yet_is_overtaken_by_the_next_one(desk, ris):
    connect(desk, ris, sends_preliminary=True)
    ris.answers[:] = ["AR"]
    desk.sign()
    run_steps()
    desk.verify()
    run_steps()
    let_back_off_pass()
    run_steps()
    assert states(desk) == [("preliminary", "canceled"), ("final", "delivered")]
    assert [str(hl7.parse(each).segment("OBR")(25)) for each in ris.received] == ["P", "F"]


def test_a_report_that_was_given_back_before_it_was_sent_is_not_sent(desk, ris):
    connect(desk, ris, sends_preliminary=True)
    desk.sign()
    with within(desk.zhao):
        actions.send_back(
            desk.report_id, revision=desk.report().revision, author_name="Zhao", because="Which side?"
        )
    run_steps()
    assert ris.received == []


def test_events_that_come_twice_make_and_send_one_message(desk, ris):
    connect(desk, ris)
    desk.sign()
    desk.verify()
    run_steps()
    with within(desk.scene.system):
        version = ReportVersion.objects.get()
        (message,) = MessageOut.objects.all()
        schedule_messages(ReportReleased(report_id=desk.report_id, version_id=version.pk))
        assert MessageOut.objects.count() == 1
    with carrying(desk.scene.system):
        send_report_message(MessageScheduled(message_id=message.pk))
    assert len(ris.received) == 1


def test_a_withdrawal_reaches_whoever_has_the_report_and_nobody_else(desk, ris):
    connect(desk, ris)
    desk.sign()
    desk.verify()
    run_steps()
    with listening() as other:
        with within(desk.wang):
            actions.add_connection(
                actions.ConnectionSettings(name="late", kind="hl7_mllp", host="127.0.0.1", port=other.port)
            )
            actions.withdraw_report(
                desk.report_id, revision=desk.report().revision, author_name=WANG, because="Other patient."
            )
        run_steps()
        assert other.received == []
    last = hl7.parse(ris.received[-1])
    assert str(last.segment("OBR")(25)) == "X"
    assert {str(each(11)) for each in last.segments("OBX")} == {"W"}
    assert "Other patient." in ris.received[-1]


def test_a_report_on_a_research_result_goes_only_to_connections_for_research(tmp_path, ris):
    desk = new_desk(tmp_path, research_only=True)
    desk.begin()
    connect(desk, ris)
    with listening() as other:
        with within(desk.wang):
            actions.add_connection(
                actions.ConnectionSettings(
                    name="research", kind="hl7_mllp", host="127.0.0.1", port=other.port, for_research=True
                )
            )
        desk.sign()
        desk.verify()
        run_steps()
        assert len(other.received) == 1
        assert "仅供科研使用" in other.received[0]
    assert ris.received == []


def test_a_fhir_server_holds_one_report_whose_status_follows(desk):
    with fhir_server() as server:
        with within(desk.wang):
            actions.add_connection(
                actions.ConnectionSettings(
                    name="FHIR", kind="fhir", base_url=server.url, token="secret", sends_preliminary=True
                )
            )
            assert "secret" not in RisConnection.objects.get().sealed_token
        server.statuses[:] = [503]
        desk.sign()
        run_steps()
        let_back_off_pass()
        run_steps()
        place = f"DiagnosticReport/{desk.report_id}"
        assert server.resources[place]["status"] == "preliminary"
        desk.verify()
        run_steps()
        assert server.resources[place]["status"] == "final"
        assert sum(each.startswith("Provenance/") for each in server.resources) == 2
        assert {each["contentType"] for each in server.resources[place]["presentedForm"]} == {
            "application/pdf"
        }
        assert set(server.tokens) == {"Bearer secret"}
        assert server.posts == 3
        with within(desk.scene.system):
            for message in MessageOut.objects.all():
                Bundle.model_validate_json(message.payload)


def test_a_fhir_server_that_refuses_leaves_the_message_to_a_person(desk):
    with fhir_server() as server:
        server.statuses[:] = [422]
        with within(desk.wang):
            actions.add_connection(actions.ConnectionSettings(name="FHIR", kind="fhir", base_url=server.url))
        desk.sign()
        desk.verify()
        run_steps()
    assert states(desk) == [("final", "failed")]
    assert "422" in desk.messages()[0].last_error


def test_a_token_stays_with_the_address_that_it_was_given_for(desk):
    told = {"name": "FHIR", "kind": "fhir"}
    with within(desk.wang):
        row = actions.add_connection(
            actions.ConnectionSettings(**told, base_url="https://fhir.test/r4", token="a secret")
        )
        kept = actions.ConnectionSettings(**told, base_url="https://fhir.test/r4", language="en")
        assert actions.change_connection(row.pk, kept).sealed_token
        elsewhere = actions.ConnectionSettings(**told, base_url="https://other.test/r4")
        assert not actions.change_connection(row.pk, elsewhere).sealed_token


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "hl7_mllp", "host": "", "port": 2575},
        {"kind": "hl7_mllp", "host": "ris", "port": 0},
        {"kind": "fhir", "base_url": "ftp://host/"},
        {"kind": "fhir", "base_url": "https://user@host/"},
        {"kind": "carrier pigeon"},
        {"kind": "hl7_mllp", "host": "ris", "port": 1, "sending_facility": "A|B"},
    ],
)
def test_a_connection_that_cannot_work_is_refused(desk, wrong):
    with within(desk.wang), pytest.raises(actions.BadConnectionError):
        actions.add_connection(actions.ConnectionSettings(name="x", **wrong))
