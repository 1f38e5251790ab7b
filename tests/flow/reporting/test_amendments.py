"""What was signed and what changed since: neither is verified, amended nor shown for the other."""

import pydicom
import pytest
from pydicom.uid import KeyObjectSelectionDocumentStorage
from tests.flow.delivery.scene import run_steps
from tests.flow.reporting.desk import WANG, ZHAO, Desk, new_desk

from allward.reporting import actions
from allward.reporting.documents import write_report_document
from allward.reporting.events import ReportReleased
from allward.reporting.models import Report, ReportDocument, ReportVersion
from allward.results.models import Result
from allward.storage.place import storage
from allward.studies.models import Instance
from allward.tenancy.scope import within


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = new_desk(tmp_path)
    desk.begin()
    return desk


def test_a_signed_version_bears_the_advice_of_the_moment_of_signing(desk):
    desk.write_freely("All in my own words.")
    desk.sign(counsel=desk.counsel("4B"))
    with within(desk.scene.system):
        assert [each["category"] for each in ReportVersion.objects.get().content["advice"]] == ["4B"]
        assert [each["category"] for each in Report.objects.get().advice] == ["4B"]


def test_a_version_is_not_verified_while_other_advice_is_given_than_it_was_signed_with(desk):
    desk.write_freely("All in my own words.")
    desk.sign(counsel=desk.counsel("3"))
    with pytest.raises(actions.ReportRefusedError) as refused:
        desk.verify(counsel=desk.counsel("4A"))
    assert refused.value.code == "changed_since_signed"
    assert desk.verify(counsel=desk.counsel("3")).state == "final"


def test_a_version_in_a_readers_own_words_is_not_verified_while_other_findings_are_accepted(desk):
    desk.write_freely("All in my own words.")
    desk.sign()
    others = ["-"] * (len(desk.findings()) - 1)
    desk.scene.review(desk.result, "reject", *others)
    with pytest.raises(actions.ReportRefusedError) as refused:
        desk.verify()
    assert refused.value.code == "changed_since_signed"
    desk.scene.review(desk.result, "accept", *others)
    assert desk.verify().state == "final"


def amend(desk: Desk, because: str = "Side was wrong.") -> None:
    with within(desk.wang):
        actions.amend_report(
            desk.report_id, revision=desk.report().revision, author_name=WANG, reason=because
        )


def draft_anew(desk: Desk, result: Result, category: str) -> None:
    with within(desk.wang):
        actions.draft_anew(
            desk.report_id, desk.draft(), desk.counsel(category), result_id=result.pk,
            revision=desk.report().revision,
        )  # fmt: skip


def test_an_amendment_that_is_given_up_leaves_the_verified_result_and_advice(desk):
    desk.sign()
    desk.verify()
    before = desk.report()
    amend(desk)
    draft_anew(desk, desk.scene.new_result(), "4B")
    assert desk.report().result_id != before.result_id
    with within(desk.wang):
        actions.give_up_amendment(desk.report_id, revision=desk.report().revision)
    after = desk.report()
    assert (after.result_id, after.advice) == (before.result_id, before.advice)


def test_a_report_for_care_is_not_amended_by_a_result_for_research(desk):
    desk.sign()
    desk.verify()
    amend(desk)
    with pytest.raises(actions.ReportRefusedError) as refused:
        draft_anew(desk, desk.scene.new_result(research_only=True), "4A")
    assert refused.value.code == "research_only"


def rejected(desk: Desk) -> list[set[str]]:
    """What each note in the study takes back, by SOP Instance UID."""
    with within(desk.scene.system):
        rows = Instance.objects.filter(sop_class_uid=KeyObjectSelectionDocumentStorage).order_by("id")
        notes = [pydicom.dcmread(storage().path(each.storage_key)) for each in rows]
    named = []
    for note in notes:
        (title,) = note.ConceptNameCodeSequence
        assert title.CodeMeaning == "Rejected for Patient Safety Reasons"
        (study,) = note.CurrentRequestedProcedureEvidenceSequence
        series = study.ReferencedSeriesSequence
        named.append({one.ReferencedSOPInstanceUID for each in series for one in each.ReferencedSOPSequence})
    return named


def documents(desk: Desk, number: int) -> set[str]:
    with within(desk.scene.system):
        rows = ReportDocument.objects.filter(version__number=number).select_related("instance")
        return {each.instance.sop_instance_uid for each in rows}


def test_documents_of_a_replaced_and_of_a_withdrawn_version_are_taken_back_once(desk):
    desk.sign()
    desk.verify()
    run_steps()
    assert rejected(desk) == []
    amend(desk)
    desk.write(impression="On the right side.")
    desk.sign()
    desk.verify()
    run_steps()
    assert rejected(desk) == [documents(desk, 1)]
    with within(desk.zhao):
        actions.withdraw_report(
            desk.report_id, revision=desk.report().revision, author_name=ZHAO, because="Other patient."
        )
    run_steps()
    assert rejected(desk) == [documents(desk, 1), documents(desk, 2)]
    assert all(len(each) == 2 for each in rejected(desk))
    with within(desk.scene.system):
        version = ReportVersion.objects.order_by("number").last()
        write_report_document(ReportReleased(report_id=desk.report_id, version_id=version.pk))
    assert len(rejected(desk)) == 2
