"""The report: pseudonyms, figures that can be computed again, and pages that are the same each time."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from allward.acceptance.groups import groups_of
from allward.acceptance.pdf import LANGUAGES, Stamp, pdf_of
from allward.acceptance.report import (
    ReportedCase,
    Subject,
    make_report,
    pseudonym_of,
    pseudonym_of_patient,
    recompute,
)
from allward.acceptance.report_words import WORDS
from allward.acceptance.requirement import Place, applies, refusal, who_asks
from allward.acceptance.writing import without_uids
from allward.kernel.texts import Text

SECRET = "ab" * 32
SUBJECT = Subject(
    hospital={"code": "central", "name_en": "Central Hospital", "name_zh": "中心医院"},
    plugin={
        "id": "org.test.bright", "version": "1.0.0", "digest": "cd" * 32, "vendor": "Test",
        "title": {"en": "Bright things", "zh": "亮物"}, "status": "cleared", "models": {},
        "parameters": [{
            "name": "sure", "title": {"en": "Least probability", "zh": "最低概率"}, "value": 0.6,
            "said": {"en": "0.6", "zh": "0.6"}, "is_default": False,
        }],
    },
    slot="any_imaging.segmentation", label="tumour", least_score=None, name="2025 年的肝脏 <livers & more>",
    created_by="administrator", ended_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), seed=0,
)  # fmt: skip
STAMP = Stamp("ef" * 32, "12" * 32)


def outcome(number: int):
    return {
        "present": number % 2 == 0,
        "reported": number % 3 == 0,
        "outlines": {
            "liver": {"dice": 0.9 + number / 200, "volume_ml": 1000.0 + number, "reference_ml": 1000.0}
        },
        "marks": {"hits": [0.9], "missed": number % 2, "wrong": [0.1 * (number % 5)]},
        "took_s": 10.0 + number,
    }


def cases(count: int = 12) -> list[ReportedCase]:
    """Some that ran, and one that failed."""
    ran = [
        ReportedCase(
            pseudonym_of(SECRET, f"1.2.{number}"), {"sex": "F" if number % 2 else "M"}, ["marks"],
            outcome(number), None,
        )
        for number in range(count)
    ]  # fmt: skip
    fault = Text("Not evaluable: a gap.", "无法评估：有间隙。")
    return [*ran, ReportedCase("case-x", {"sex": "F"}, ["marks"], None, fault)]


@pytest.fixture(scope="module")
def report():
    return make_report(SUBJECT, cases())


def test_a_report_can_be_computed_again_from_what_it_says(report):
    told = json.loads(json.dumps(report, ensure_ascii=False))
    assert recompute(told) == told["figures"]
    assert (told["figures"]["overall"]["cases"], told["figures"]["overall"]["failed"]) == (13, 1)


def test_a_figure_that_was_altered_is_noticed(report):
    told = json.loads(json.dumps(report))
    told["figures"]["overall"]["sensitivity"]["value"] = 1.0
    assert recompute(told) != told["figures"]


def test_a_figure_says_of_how_many_cases_it_is_and_has_no_interval_of_few(report):
    overall = report["figures"]["overall"]
    assert overall["sensitivity"]["cases"] == 6
    (liver,) = overall["mean_dice"]
    assert (liver["interval"]["cases"], liver["interval"]["low"], liver["interval"]["high"]) == (
        12,
        None,
        None,
    )
    assert overall["false_positives_per_scan"]["value"] == 1.0


def test_cases_of_one_patient_share_a_pseudonym_that_tells_nothing_else():
    patients = [UUID(int=number) for number in range(25)]
    told = [
        replace(case, patient=pseudonym_of_patient(SECRET, patients[number % 25]))
        for number, case in enumerate(cases(50)[:-1])
    ]
    report = make_report(SUBJECT, told)
    assert len({case["patient"] for case in report["cases"]}) == 25
    assert pseudonym_of_patient(SECRET, patients[1]) != pseudonym_of_patient("cd" * 32, patients[1])
    (apart,), (together,) = (
        one["figures"]["overall"]["mean_dice"] for one in (make_report(SUBJECT, cases(50)[:-1]), report)
    )
    assert together["interval"]["low"] != apart["interval"]["low"]
    assert recompute(json.loads(json.dumps(report))) == report["figures"]


def test_the_order_of_cases_changes_nothing(report):
    assert make_report(SUBJECT, cases()[::-1]) == report


def test_a_pseudonym_is_the_same_for_one_set_and_another_for_the_next():
    assert pseudonym_of(SECRET, "1.2.3") == pseudonym_of(SECRET, "1.2.3")
    assert pseudonym_of(SECRET, "1.2.3") != pseudonym_of("cd" * 32, "1.2.3")
    assert "1.2.3" not in pseudonym_of(SECRET, "1.2.3")


def test_uids_in_a_sentence_do_not_leave_the_hospital():
    said = without_uids("Image 1.2.840.113619.2.55.3.60 is truncated after 12.5 s by 3.1.4.")
    assert said == "Image [UID] is truncated after 12.5 s by 3.1.4."


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_the_same_each_time_and_show_every_kind_of_figure(report, language: str):
    first = pdf_of(report, STAMP, language)
    assert first.startswith(b"%PDF")
    assert first == pdf_of(report, STAMP, language)


def test_a_report_of_failed_cases_alone_can_be_printed():
    empty = make_report(SUBJECT, cases(0))
    assert empty["figures"]["froc"] is None
    assert all(pdf_of(empty, STAMP, language) for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_more_labels_and_longer_reasons_than_a_page_holds_can_be_printed(language: str):
    names = [f"{'long_name_of_a_label_' * 2}{number}" for number in range(117)]
    many = outcome(0) | {
        "outlines": {name: {"dice": 0.5, "volume_ml": 1.0, "reference_ml": 1.0} for name in names}
    }
    fault = Text("Slices are missing. " * 300, "缺少层面。" * 600)
    told = [
        ReportedCase("case-a", {"sex": "F"}, ["segmentation"], many, None),
        ReportedCase("case-b", {"sex": "F"}, ["segmentation"], None, fault),
    ]
    assert pdf_of(make_report(SUBJECT, told), STAMP, language).startswith(b"%PDF")


def test_every_word_of_the_report_is_said_in_both_languages():
    assert not [name for name, text in WORDS.items() if not text.en or not text.zh]


def test_cases_are_told_apart_by_what_is_stored_of_them():
    header = {
        "00180050": {"vr": "DS", "Value": [1.25]},
        "00080070": {"vr": "LO", "Value": ["Siemens "]},
        "00181210": {"vr": "SH", "Value": ["B30f", "3"]},
    }
    told = groups_of(header, sex="F", birth_date=date(1960, 5, 1), study_date=date(2025, 4, 30))
    assert told == {
        "sex": "F", "age": "60-74", "slice thickness": "<=1.5 mm", "manufacturer": "SIEMENS",
        "kernel": "B30f",
    }  # fmt: skip


def test_what_is_not_known_is_said_to_be_unknown_and_a_kernel_is_left_out():
    told = groups_of({}, sex="", birth_date=None, study_date=None)
    assert told == {
        "sex": "unknown", "age": "unknown", "slice thickness": "unknown", "manufacturer": "unknown",
    }  # fmt: skip
    stated = groups_of(
        {"00101010": {"vr": "AS", "Value": ["075Y"]}}, sex="M", birth_date=None, study_date=None
    )
    assert stated["age"] == ">=75"


CLINICAL = Place("radiology", Text("Radiology", "放射科"), clinical=True)
RESEARCH = Place("research", Text("Research", "科研"), clinical=False)


def test_clinical_departments_ask_for_acceptance_unless_somebody_said_otherwise():
    assert applies(CLINICAL, None)
    assert not applies(RESEARCH, None)
    assert not applies(CLINICAL, of_hospital=False)
    assert applies(RESEARCH, of_hospital=True)
    assert applies(Place("x", CLINICAL.name, clinical=False, word=True), of_hospital=False)


def test_a_research_version_is_not_asked_for_where_it_never_runs():
    assert who_asks([CLINICAL, RESEARCH], None, research=False) == CLINICAL
    assert who_asks([CLINICAL, RESEARCH], None, research=True) is None
    assert who_asks([CLINICAL, RESEARCH], of_hospital=True, research=True) == RESEARCH


def test_the_refusal_names_the_department_and_what_to_do():
    said = refusal(CLINICAL)
    assert "Radiology" in said.en
    assert "accept the version on its report" in said.en
    assert "放射科" in said.zh
