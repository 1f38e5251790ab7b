"""A report from its draft to its amendment, on PostgreSQL."""

import base64
import hashlib
import json

import pydicom
import pytest
from django.db import ProgrammingError
from securesystemslib.dsse import Envelope
from tests.flow.delivery.scene import run_steps
from tests.flow.reporting.desk import WANG, ZHAO, Desk, new_desk

from allward.audit.models import AuditEvent
from allward.registry.own_keys import hospital_signer, public_half
from allward.reporting import actions
from allward.reporting.content import canonical_json
from allward.reporting.models import Report, ReportDocument, ReportVersion, ReportWord
from allward.reporting.queries import released, verified_version
from allward.reporting.working import LineChange, read_working
from allward.storage.place import storage
from allward.tenancy.scope import within
from allward_sdk.errors import BadInputError


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = new_desk(tmp_path)
    desk.begin()
    return desk


def test_a_draft_speaks_of_accepted_findings_and_links_back_to_them(desk):
    accepted = {str(row.pk) for row in desk.findings()}
    lines = read_working(desk.report().working)["findings"]
    assert {line.finding_id for line in lines} == accepted
    assert desk.outdated() == []


def test_a_study_has_one_report_of_an_app_however_often_it_is_begun(desk):
    assert desk.begin().pk == desk.begin().pk


def test_two_people_take_a_report_from_draft_to_final(desk):
    assert desk.sign().state == "preliminary"
    report = desk.verify()
    assert (report.state, report.amendment) == ("final", "none")
    with within(desk.scene.system):
        version = verified_version(report)
        words = ReportWord.objects.filter(version=version).order_by("at")
        assert [(word.kind, word.author_name, word.algorithm) for word in words] == [
            ("reporting", WANG, "ed25519"), ("verifying", ZHAO, "ed25519"),
        ]  # fmt: skip
        assert version.digest == hashlib.sha256(canonical_json(version.content).encode()).hexdigest()


def test_a_signature_is_the_hospitals_over_version_role_person_and_time(desk):
    desk.sign()
    with within(desk.scene.system):
        word = ReportWord.objects.select_related("version").get()
    envelope = json.loads(base64.b64decode(word.envelope))
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert (statement["role"], statement["user"]) == ("reporting", str(desk.wang.user_id))
    assert statement["digest"] == word.version.digest
    key = public_half(hospital_signer(desk.scene.code))
    Envelope.from_dict(envelope).verify([key], 1)


def test_nobody_verifies_their_own_report_unless_the_hospital_allows_it(desk):
    desk.sign()
    with pytest.raises(actions.ReportRefusedError) as refused:
        desk.verify(desk.wang, WANG)
    assert refused.value.code == "same_person"
    with within(desk.wang):
        actions.set_policy(same_person_may_verify=True)
    assert desk.verify(desk.wang, WANG).state == "final"


def test_a_change_of_an_older_revision_is_refused_and_nothing_is_lost(desk):
    old = desk.report().revision
    desk.write(impression="Two masses.")
    with within(desk.wang), pytest.raises(actions.ReportConflictError):
        actions.change_report(
            desk.report_id, {name: [] for name in ("technique", "findings", "impression")},
            revision=old, advice=desk.advice(),
        )  # fmt: skip
    assert read_working(desk.report().working)["impression"][0].text.en == "Two masses."


def test_a_sentence_of_a_finding_that_is_rejected_afterwards_is_outdated_and_not_signed(desk):
    first = desk.findings()[0]
    desk.scene.review(desk.result, "reject", *["-"] * (len(desk.findings()) - 1))
    assert f"Finding {first.finding['id']}." in desk.outdated()
    assert any("findings." in text for text in desk.outdated()), "the sentence on the whole, too"
    with pytest.raises(actions.ReportRefusedError) as refused:
        desk.sign()
    assert refused.value.code == "outdated"


def test_a_new_draft_follows_the_findings_and_keeps_what_a_reader_wrote(desk):
    desk.write(impression="My own words.", technique="With contrast.")
    desk.scene.review(desk.result, "reject", *["-"] * (len(desk.findings()) - 1))
    with within(desk.wang):
        actions.draft_anew(
            desk.report_id, desk.draft(), desk.counsel(), result_id=desk.result.pk,
            revision=desk.report().revision,
        )  # fmt: skip
    working = read_working(desk.report().working)
    assert len(working["findings"]) == len(desk.findings()) - 1
    assert "My own words." in [line.text.en for line in working["impression"]]
    assert desk.outdated() == ["With contrast.", "My own words."], "they spoke of the whole as it was"


def test_a_reader_lets_an_outdated_sentence_stand_by_confirming_it(desk):
    desk.write(impression="My own words.")
    desk.scene.review(desk.result, "reject", *["-"] * (len(desk.findings()) - 1))
    working = read_working(desk.report().working)
    gone = str(desk.findings()[0].pk)
    changes = {
        name: [
            LineChange(line.id, line.text, line.finding_id, confirmed=True)
            for line in lines
            if line.finding_id != gone
        ]
        for name, lines in working.items()
    }
    with within(desk.wang):
        actions.change_report(desk.report_id, changes, revision=desk.report().revision, advice=desk.advice())
    assert desk.outdated() == []
    assert desk.sign().state == "preliminary"


def test_unreviewed_findings_keep_a_report_from_being_signed(tmp_path, desk):
    desk.scene.review(desk.result, "reset", *["-"] * (len(desk.findings()) - 1))
    with pytest.raises(actions.ReportRefusedError) as refused:
        desk.sign()
    assert refused.value.code == "unreviewed"


def test_other_advice_outdates_the_sentences_that_rest_on_it(desk):
    with within(desk.wang):
        other = actions.draft_anew(
            desk.report_id, desk.draft(), desk.counsel("4B"), result_id=desk.result.pk,
            revision=desk.report().revision,
        )  # fmt: skip
    assert other.advice[0]["category"] == "4B"
    from allward.reporting.content import AdviceFacts
    from allward.reporting.facts import ground_of
    from allward.reporting.working import lines_of

    with within(desk.scene.system):
        was = [AdviceFacts.model_validate({**other.advice[0], "category": "4A"})]
        ground = ground_of(desk.result, was)
    last = str(desk.findings()[-1].pk)
    outdated = [line.finding_id for line in lines_of(read_working(other.working)) if ground.outdates(line)]
    assert set(outdated) == {last, None}


def test_what_was_signed_stays_byte_for_byte_whatever_happens_afterwards(desk):
    desk.sign()
    desk.verify()
    with within(desk.scene.system):
        before = ReportVersion.objects.get().content
    desk.scene.review(desk.result, "reject", *["-"] * (len(desk.findings()) - 1))
    with within(desk.scene.system):
        assert ReportVersion.objects.get().content == before
    assert desk.report().state == "final"
    assert desk.outdated(), "but the page is told"
    with pytest.raises(ProgrammingError), within(desk.scene.system):
        ReportVersion.objects.update(digest="0" * 64)


def test_an_amendment_keeps_every_version_and_its_reason(desk):
    desk.sign()
    desk.verify()
    with within(desk.wang):
        actions.amend_report(
            desk.report_id, revision=desk.report().revision, author_name=WANG, reason="Side was wrong."
        )
    assert desk.report().state == "final", "what was verified stays in force"
    desk.write(impression="On the right side.")
    desk.sign()
    assert desk.report().state == "final"
    assert desk.verify().state == "amended"
    with within(desk.scene.system):
        versions = list(ReportVersion.objects.order_by("number"))
    assert [(one.number, one.reason) for one in versions] == [(1, ""), (2, "Side was wrong.")]
    with within(desk.scene.system):
        assert released(versions[0]).written.text_of("impression", "en") != released(
            versions[1]
        ).written.text_of("impression", "en")


def test_an_amendment_that_is_given_up_leaves_the_verified_words(desk):
    desk.sign()
    desk.verify()
    before = desk.report().working
    with within(desk.wang):
        actions.amend_report(
            desk.report_id, revision=desk.report().revision, author_name=WANG, reason="Perhaps."
        )
    desk.write(impression="Something else.")
    with within(desk.wang):
        actions.give_up_amendment(desk.report_id, revision=desk.report().revision)
    assert desk.report().working == before
    assert (desk.report().state, desk.report().amendment) == ("final", "none")


def test_a_report_that_is_given_back_is_written_on_and_says_why(desk):
    desk.sign()
    with within(desk.zhao):
        actions.send_back(
            desk.report_id, revision=desk.report().revision, author_name=ZHAO, because="Which side?"
        )
    assert desk.report().state == "draft"
    desk.write(impression="On the left.")
    desk.sign()
    assert desk.verify().state == "final"
    with within(desk.scene.system):
        words = [(word.version.number, word.kind, word.because) for word in ReportWord.objects.order_by("at")]
    assert words == [
        (1, "reporting", ""), (1, "returned", "Which side?"), (2, "reporting", ""), (2, "verifying", ""),
    ]  # fmt: skip


def test_a_withdrawn_report_is_over_and_makes_room_for_another(desk):
    desk.sign()
    first = desk.report_id
    with within(desk.wang), pytest.raises(actions.ReportRefusedError):
        actions.withdraw_report(first, revision=desk.report().revision, author_name=WANG, because=" ")
    with within(desk.wang):
        actions.withdraw_report(
            first, revision=desk.report().revision, author_name=WANG, because="Other patient."
        )
    assert desk.report().state == "entered_in_error"
    with pytest.raises(actions.ReportRefusedError):
        desk.sign()
    assert desk.begin().pk != first


def test_a_sentence_on_a_finding_of_another_result_is_refused(desk, tmp_path):
    working = read_working(desk.report().working)
    foreign = "0193a2b0-6a10-7000-8000-000000000000"
    changes = {
        name: [LineChange(line.id, line.text, foreign) for line in lines] for name, lines in working.items()
    }
    with within(desk.wang), pytest.raises(BadInputError):
        actions.change_report(desk.report_id, changes, revision=desk.report().revision, advice=())


def test_every_change_is_in_the_audit(desk):
    desk.write(impression="Two masses.")
    desk.sign()
    desk.verify()
    with within(desk.scene.system):
        rows = AuditEvent.objects.filter(what="report").order_by("at")
        said = [(row.actor, row.user_id, row.detail["state"]) for row in rows]
    assert [each[2] for each in said] == ["draft", "draft", "draft", "preliminary", "final"]
    assert {each[1] for each in said} == {desk.wang.user_id, desk.zhao.user_id}


def test_a_verified_report_stands_in_the_study_as_a_pdf_in_both_languages(desk):
    desk.sign()
    run_steps()
    with within(desk.scene.system):
        assert not ReportDocument.objects.exists(), "a preliminary report is no document yet"
    desk.verify()
    run_steps()
    with within(desk.scene.system):
        documents = list(ReportDocument.objects.select_related("instance").order_by("language"))
        assert [each.language for each in documents] == ["en", "zh"]
        for each in documents:
            made = pydicom.dcmread(storage().path(each.instance.storage_key))
            assert made.VerificationFlag == "VERIFIED"
            assert made.EncapsulatedDocument.startswith(b"%PDF")
            assert made.StudyInstanceUID == desk.scene.study_instance_uid
        assert Report.objects.get().study.series_count > 1
