"""A report on paper, as HL7 and as FHIR says the same, in both languages."""

import io
from datetime import UTC, datetime

import hl7
import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from tests.unit.reporting.pages import report, written

from allward.reporting.content import Words, digest_of
from allward.reporting.fhir_report import bundle_of
from allward.reporting.hl7_report import Envelope, Route, escaped, oru_of
from allward.reporting.mllp import NotTakenError, RefusedMessageError, judge
from allward.reporting.pdf import pdf_of
from allward.reporting.queries import Released
from allward.reporting.report_words import WORDS
from allward.reporting.states import ReportState

ROUTE = Route("ALLWARD", "HOSP", "RIS", "HOSP")


def sent(released: Released, language: str = "zh") -> hl7.Message:
    at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    return hl7.parse(oru_of(released, Envelope(ROUTE, "C1", at, language)))


def plain(text: str) -> str:
    return "".join(text.split())


def text_of(pdf: bytes) -> str:
    return plain("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", "City Hospital|Radiology|Chest CT.|右肺上叶实性结节。|Verifying physician|Dr Zhao"),
        ("zh", "市医院|放射科|胸部CT。|右肺上叶实性结节。|审核医师|王医师|6个月后复查CT。"),
    ],
)
def test_a_printed_report_says_everything_in_its_language(language, wanted):
    said = text_of(pdf_of(report(), language))
    for each in wanted.split("|"):
        assert plain(each) in said, each
    for name in ("ai_assisted", "research", "final"):
        text = WORDS[name]
        assert plain(text.zh if language == "zh" else text.en) in said


def test_a_printed_report_is_the_same_bytes_each_time():
    assert pdf_of(report(), "zh") == pdf_of(report(), "zh")


def test_a_draft_and_a_withdrawn_report_say_so_on_paper():
    said = written()
    draft = Released(said, ReportState.PRELIMINARY, digest_of(said), ())
    assert plain(WORDS["unsigned"].zh) in text_of(pdf_of(draft, "zh"))
    assert plain(WORDS["unsigned"].zh) not in text_of(pdf_of(report(), "zh"))
    gone = text_of(pdf_of(report(ReportState.ENTERED_IN_ERROR), "en"))
    assert plain(WORDS["entered_in_error"].en) in gone
    assert "Otherpatient." in gone


def test_a_report_of_many_pages_is_printed_whole():
    first = written().sections[0]
    many = tuple(
        first.sentences[0].model_copy(
            update={"id": str(n), "text": Words(en=f"Sentence {n}.", zh=f"第{n}句。")}
        )
        for n in range(200)
    )
    said = text_of(pdf_of(report(sections=(first.model_copy(update={"sentences": many}),)), "zh"))
    assert all(f"第{n}句。" in said for n in range(200))


@pytest.mark.parametrize(
    ("state", "obr", "obx"),
    [
        (ReportState.PRELIMINARY, "P", "P"),
        (ReportState.FINAL, "F", "F"),
        (ReportState.AMENDED, "C", "C"),
        (ReportState.ENTERED_IN_ERROR, "X", "W"),
    ],
)
def test_hl7_says_the_state_in_its_own_words(state, obr, obx):
    message = sent(report(state))
    assert str(message.segment("OBR")(25)) == obr
    assert {str(each(11)) for each in message.segments("OBX")} == {obx}


def test_hl7_carries_the_numbers_of_patient_and_order_with_their_issuers():
    message = sent(report())
    pid, obr = message.segment("PID"), message.segment("OBR")
    assert (str(pid(3)[0](1)), str(pid(3)[0](4))) == ("P-1", "HIS")
    assert [str(each) for each in pid(5)] == ["Zhang^San^^^Dr^^L^A", "张^三^^^^^L^I"]
    assert (str(pid(7)), str(pid(8))) == ("19600203", "F")
    assert (str(obr(2)), str(obr(3)), str(obr(18)), str(obr(19))) == ("PL1", "FI1", "A1", "RIS-A")
    assert str(obr(7)) == "20261122081500"
    assert "Dr Zhao" in str(obr(32))


def test_hl7_numbers_that_nobody_knows_are_empty_and_never_made_up():
    study = written().study.model_copy(update={"placer_order_number": "", "filler_order_number": ""})
    obr = sent(report(study=study)).segment("OBR")
    assert (str(obr(2)), str(obr(3))) == ("", "")


def test_hl7_measurements_bear_units_and_what_was_not_measured_is_absent():
    rows = [each for each in sent(report()).segments("OBX") if "103339001" in str(each(3))]
    assert [(str(each(2)), str(each(5)), str(each(6)[0](1))) for each in rows] == [
        ("NM", "8.4", "mm"), ("SN", ">=^30", "mm"),
    ]  # fmt: skip


def test_hl7_carries_the_category_as_a_code():
    (row,) = [each for each in sent(report()).segments("OBX") if "Lung-RADS" in str(each(3))]
    assert (str(row(2)), str(row(4)), str(row(5)[0](1))) == ("CWE", "1", "3")


def test_hl7_text_survives_separators_and_line_breaks():
    message = sent(report(), "en")
    (row,) = [each for each in message.segments("OBX") if "18782-3" in str(each(3))]
    assert message.unescape(str(row(5))) == "Nodule of 8.4 mm & more | ^ ~ \\"


def test_hl7_takes_no_segment_from_the_time_of_a_study():
    study = written().study.model_copy(update={"study_time": "0815|x\rOBX|99|ST|made up"})
    message = sent(report(study=study))
    assert "99" not in [str(each(1)) for each in message.segments("OBX")]
    assert str(message.segment("OBR")(18)) == "A1"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_no_text_can_break_out_of_its_field(text):
    made = escaped(text)
    assert not set("|^~&\r\n") & set(made)
    message = hl7.parse(f"MSH|^~\\&|A\rOBX|1|FT|{made}|last\r")
    assert str(message.segment("OBX")(4)) == "last"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"MSH|^~\\&|R|R|A|A|2026||ACK|9|P|2.5.1\rMSA|AE|C1|bad\r", RefusedMessageError),
        (b"MSH|^~\\&|R|R|A|A|2026||ACK|9|P|2.5.1\rMSA|CE|C1\r", RefusedMessageError),
        (b"MSH|^~\\&|R|R|A|A|2026||ACK|9|P|2.5.1\rMSA|AR|C1\r", NotTakenError),
        (b"MSH|^~\\&|R|R|A|A|2026||ACK|9|P|2.5.1\rMSA|AA|C2\r", NotTakenError),
        (b"MSH|^~\\&|R|R|A|A|2026||ACK|9|P|2.5.1\r", NotTakenError),
        (b"HTTP/1.1 400 Bad Request", NotTakenError),
        (b"", NotTakenError),
    ],
)
def test_only_a_yes_to_this_message_is_a_yes(answer, error):
    judge(b"MSH|^~\\&|R|R|A|A|2026||ACK|9|P|2.5.1\rMSA|AA|C1\r", control_id="C1", who="RIS")
    with pytest.raises(error):
        judge(answer, control_id="C1", who="RIS")


@given(st.binary(max_size=200))
def test_no_answer_is_a_crash(answer):
    with pytest.raises((NotTakenError, RefusedMessageError)):
        judge(answer, control_id="C1", who="RIS")


@pytest.mark.parametrize("kind", ["collection", "transaction"])
@pytest.mark.parametrize("state", [each for each in ReportState if each is not ReportState.DRAFT])
def test_fhir_is_what_the_standards_own_schema_takes(state, kind):
    bundle = bundle_of(report(state), pdfs={"zh": b"%PDF", "en": b"%PDF"}, kind=kind)
    Bundle.model_validate(bundle)
    made = bundle["entry"][0]["resource"]
    assert made["status"] == {"entered_in_error": "entered-in-error"}.get(state.value, state.value)
    assert made["identifier"][1]["value"] == "A1"
    assert made["imagingStudy"][0]["identifier"]["value"] == "urn:oid:1.2.840.1"
    assert made["conclusion"] == "右肺上叶实性结节。"
    assert [each["resource"]["resourceType"] for each in bundle["entry"][1:]] == ["Provenance"] * (
        1 if state is ReportState.PRELIMINARY else 2
    )


def test_fhir_says_what_was_not_measured_and_never_zero():
    (observation,) = bundle_of(report(), pdfs={})["entry"][0]["resource"]["contained"]
    values = [each.get("valueQuantity", {}).get("value") for each in observation["component"]]
    assert values == [8.4, None, 30.0]
    assert "dataAbsentReason" in observation["component"][1]
    assert observation["component"][2]["valueQuantity"]["comparator"] == ">="


def test_the_digest_names_every_word():
    other = written().model_copy(update={"reason": "x"})
    assert digest_of(written()) == digest_of(written()) != digest_of(other)
