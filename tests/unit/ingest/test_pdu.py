"""Protocol data units: what pynetdicom writes is read, what we write it reads, and nothing breaks us."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ, A_RELEASE_RP
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    AsynchronousOperationsWindowNegotiation,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    SOPClassExtendedNegotiation,
)
from pynetdicom.presentation import PresentationContext

from allward.ingest.dimse import pdu
from allward.ingest.dimse.command import Command, MalformedCommandError, parse_command, response
from allward.ingest.dimse.negotiation import VERIFICATION, answer_contexts, is_storage, refusal

CT = "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.1.1"
IMPLICIT, EXPLICIT, JPIP = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.94"


def _context(number, abstract, *transfer):
    context = PresentationContext()
    context.context_id = number
    context.abstract_syntax = abstract
    context.transfer_syntax = list(transfer)
    return context


def _request_bytes():
    """An association request with everything that a peer may negotiate, as pynetdicom writes it."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = pdu.APPLICATION_CONTEXT
    primitive.calling_ae_title = "MODALITY"
    primitive.called_ae_title = "ALLWARD"
    primitive.presentation_context_definition_list = [
        _context(1, VERIFICATION, IMPLICIT),
        _context(3, CT, "1.2.840.10008.1.2.4.80", EXPLICIT),
        _context(5, FIND, IMPLICIT),
        _context(7, CT, JPIP),
        _context(9, CT, "1.2.3.4", EXPLICIT),
    ]
    length = MaximumLengthNotification()
    length.maximum_length_received = 16382
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = "1.2.3"
    window = AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked = 5
    role = SCP_SCU_RoleSelectionNegotiation()
    role.sop_class_uid, role.scu_role, role.scp_role = CT, True, True
    extended = SOPClassExtendedNegotiation()
    extended.sop_class_uid, extended.service_class_application_information = CT, b"\x02\x00"
    primitive.user_information = [length, implementation, window, role, extended]
    return A_ASSOCIATE_RQ(primitive).encode()


def test_a_request_is_read_with_all_that_it_negotiates():
    request = pdu.parse_associate_request(_request_bytes()[6:])
    assert (request.called_ae_title, request.calling_ae_title) == ("ALLWARD", "MODALITY")
    assert request.max_pdu_length == 16382
    assert request.asynchronous
    assert request.roles == {CT: pdu.Role(True, True)}
    assert request.extended == (CT,)
    assert request.contexts[1] == (3, CT, ("1.2.840.10008.1.2.4.80", EXPLICIT))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"CT\0ONE          ", "CT ONE"),
        (b"CT1\0\x7f\x1b\n       ", "CT1"),
        (b"\0CT1\x85           ", "CT1"),
        (b"\0" * 16, ""),
        ("CT\xe4".encode("latin-1").ljust(16), "CT\xe4"),
    ],
)
def test_control_characters_never_get_into_a_title(written, read):
    raw = _request_bytes()
    request = pdu.parse_associate_request(raw[6:26] + written[:16].ljust(16) + raw[42:])
    assert request.calling_ae_title == read
    assert request.called_ae_title == "ALLWARD"
    assert request.raw_titles[16:] == written[:16].ljust(16)


def test_an_acceptance_is_read_by_others():
    request = pdu.parse_associate_request(_request_bytes()[6:])
    accepted = A_ASSOCIATE_AC()
    accepted.decode(pdu.associate_accept(request, answer_contexts(request)))
    results = {item.context_id: item.result for item in accepted.presentation_context}
    assert results == {1: 0, 3: 0, 5: 3, 7: 4, 9: 0}
    syntaxes = {item.context_id: item.transfer_syntax for item in accepted.presentation_context}
    assert syntaxes[3] == "1.2.840.10008.1.2.4.80"
    assert syntaxes[9] == EXPLICIT
    assert accepted.user_information.maximum_length == pdu.MAX_PDU_LENGTH
    (role,) = accepted.user_information.role_selection.values()
    assert (role.scu_role, role.scp_role) == (1, 0)
    assert accepted.user_information.async_ops_window.maximum_number_operations_performed == 1


def test_refusals_are_read_by_others():
    rejected = A_ASSOCIATE_RJ()
    rejected.decode(pdu.associate_reject(pdu.CALLED_AE_UNKNOWN))
    assert (rejected.result, rejected.source, rejected.reason_diagnostic) == (1, 1, 7)
    aborted = A_ABORT_RQ()
    aborted.decode(pdu.abort(pdu.AbortReason.INVALID_VALUE))
    assert (aborted.source, aborted.reason_diagnostic) == (2, 6)
    A_RELEASE_RP().decode(pdu.release_reply())


@pytest.mark.parametrize(
    ("called", "mapped", "expected"),
    [
        ("ALLWARD", None, None),
        ("OTHER", None, pdu.TEMPORARY_CONGESTION),
        ("OTHER", {"OTHER"}, None),
        ("OTHER", {"ANOTHER"}, pdu.CALLED_AE_UNKNOWN),
    ],
)
def test_an_association_is_accepted_by_its_called_title(called, mapped, expected):
    request = pdu.AssociateRequest(1, called, "X", application_context=pdu.APPLICATION_CONTEXT)
    assert refusal(request, own_ae_title="ALLWARD", mapped_ae_titles=mapped) == expected


def test_protocol_and_application_context_must_be_dicoms():
    other_version = pdu.AssociateRequest(2, "ALLWARD", "X", application_context=pdu.APPLICATION_CONTEXT)
    other_context = pdu.AssociateRequest(1, "ALLWARD", "X", application_context="1.2.3")
    assert (
        refusal(other_version, own_ae_title="ALLWARD", mapped_ae_titles=None) == pdu.PROTOCOL_VERSION_UNKNOWN
    )
    assert (
        refusal(other_context, own_ae_title="ALLWARD", mapped_ae_titles=None)
        == pdu.APPLICATION_CONTEXT_UNKNOWN
    )


@pytest.mark.parametrize(
    ("uid", "stored"),
    [
        (CT, True),
        ("1.2.840.10008.5.1.4.1.1.77.1.6", True),
        ("1.2.840.10008.5.1.4.1.1.88.34", True),
        ("1.3.12.2.1107.5.9.1", True),
        (FIND, False),
        ("1.2.840.10008.1.20.1", False),
        ("1.2.840.10008.1.3.10", False),
        ("1.2.3.4", False),
    ],
)
def test_every_storage_class_is_stored_and_nothing_else(uid, stored):
    assert is_storage(uid) is stored


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader_of_requests(raw):
    with contextlib.suppress(pdu.MalformedPduError):
        pdu.parse_associate_request(raw)


@given(st.data())
def test_a_damaged_request_is_read_or_refused(data):
    raw = bytearray(_request_bytes()[6:])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    try:
        request = pdu.parse_associate_request(bytes(raw[:cut]))
    except pdu.MalformedPduError:
        return
    pdu.associate_accept(request, answer_contexts(request))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_commands(raw):
    with contextlib.suppress(MalformedCommandError):
        parse_command(raw)


@given(st.text(max_size=200), st.integers(0, 0xFFFF))
def test_a_response_is_a_command_set_whatever_the_comment(comment, status):
    request = Command(0x0001, 7, CT, "1.2.3", True)
    raw = response(request, status, comment)
    assert struct.unpack_from("<I", raw, 8)[0] == len(raw) - 12
    answer = parse_command(raw)
    assert (answer.field, answer.affected_sop_instance_uid, answer.has_data_set) == (0x8001, "1.2.3", False)
    assert len(raw) % 2 == 0
