"""Critical notices: nobody forgets one, and who heard of it when is written down."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.flow.reporting.desk import WANG, Desk, new_desk, said

from allward.audit.models import AuditEvent
from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.reporting import actions
from allward.reporting.actions.notices import Telling
from allward.reporting.queries import notices_of, waiting_notices
from allward.tenancy.scope import within


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = new_desk(tmp_path)
    desk.begin()
    return desk


def test_what_the_app_calls_critical_is_open_until_somebody_was_told_and_has_acknowledged(desk):
    (notice,) = desk.notices()
    assert (notice.state, notice.reason["zh"], notice.raised_by) == ("open", "巨大肿块。", "any_imaging")
    hospital = {desk.scene.system.acting}
    with within(desk.wang):
        assert waiting_notices(hospital) == 1
        with pytest.raises(actions.ReportRefusedError):
            actions.acknowledge_notice(notice.pk, by="Dr Li", at=None, author_name=WANG)
        actions.tell_notice(notice.pk, Telling("Dr Li, ward 7", "phone", read_back=True), author_name=WANG)
        assert waiting_notices(hospital) == 1, "told is not yet heard"
        done = actions.acknowledge_notice(notice.pk, by="Dr Li", at=None, author_name=WANG)
        assert waiting_notices(hospital) == 0
    assert done.told_at <= done.acknowledged_at
    assert (done.recipient, done.read_back, done.told_by, done.acknowledged_by) == (
        "Dr Li, ward 7", True, WANG, "Dr Li",
    )  # fmt: skip


def test_a_new_draft_raises_no_second_notice_of_the_same_finding(desk):
    with within(desk.wang):
        actions.draft_anew(
            desk.report_id, desk.draft(), desk.counsel(), result_id=desk.result.pk,
            revision=desk.report().revision,
        )  # fmt: skip
    assert len(desk.notices()) == 1


def test_times_in_the_future_or_before_the_finding_are_refused(desk):
    (notice,) = desk.notices()
    for at in (now() + timedelta(hours=1), notice.raised_at - timedelta(hours=1)):
        with within(desk.wang), pytest.raises(actions.ReportRefusedError) as refused:
            actions.tell_notice(notice.pk, Telling("Dr Li", "phone", read_back=True, at=at), author_name=WANG)
        assert refused.value.code == "time"
    assert desk.notices()[0].state == "open"


def test_a_notice_is_withdrawn_with_a_reason_only_and_is_then_over(desk):
    (notice,) = desk.notices()
    with within(desk.wang):
        with pytest.raises(actions.ReportRefusedError):
            actions.withdraw_notice(notice.pk, because="  ", author_name=WANG)
        actions.withdraw_notice(notice.pk, because="8 mm only.", author_name=WANG)
        with pytest.raises(actions.ReportRefusedError):
            actions.tell_notice(notice.pk, Telling("Dr Li", "phone", read_back=True), author_name=WANG)


def test_open_notices_stand_before_told_ones_and_those_before_the_others(desk):
    first = desk.findings()[0]
    with within(desk.wang):
        (told,) = notices_of({desk.scene.system.acting})
        actions.tell_notice(told.pk, Telling("Dr Li", "phone", read_back=False), author_name=WANG)
        raised = actions.raise_notice(
            desk.report_id, finding_id=first.pk, reason=Text("Bleeding.", "出血。"), author_name=WANG
        )
        again = actions.raise_notice(
            desk.report_id, finding_id=first.pk, reason=Text("Bleeding.", "出血。"), author_name=WANG
        )
        assert again.pk == raised.pk
        assert [each.pk for each in notices_of({desk.scene.system.acting})] == [raised.pk, told.pk]


def test_every_word_on_a_notice_is_in_the_audit(desk):
    (notice,) = desk.notices()
    with within(desk.wang):
        actions.tell_notice(notice.pk, Telling("Dr Li", "phone", read_back=True), author_name=WANG)
        actions.acknowledge_notice(notice.pk, by="Dr Li", at=None, author_name=WANG)
        rows = AuditEvent.objects.filter(what="critical notice").order_by("at")
        assert [row.detail["state"] for row in rows] == ["told", "acknowledged"]


def test_what_was_withdrawn_or_acknowledged_may_be_raised_again_and_waits_once(desk):
    (first,) = desk.notices()
    again = Text("Grown since.", "较前增大。")
    told = Telling("Dr Li", "phone", read_back=True)
    with within(desk.wang):
        actions.withdraw_notice(first.pk, because="8 mm only.", author_name=WANG)
        second = actions.raise_notice(
            desk.report_id, finding_id=first.finding_id, reason=again, author_name=WANG
        )
        assert (second.state, second.pk != first.pk) == ("open", True)
        actions.tell_notice(second.pk, told, author_name=WANG)
        waiting = actions.raise_notice(
            desk.report_id, finding_id=first.finding_id, reason=again, author_name=WANG
        )
        assert waiting.pk == second.pk
        actions.acknowledge_notice(second.pk, by="Dr Li", at=None, author_name=WANG)
        third = actions.raise_notice(
            desk.report_id, finding_id=first.finding_id, reason=again, author_name=WANG
        )
    assert [each.pk for each in desk.notices()] == [first.pk, second.pk, third.pk]


def test_a_new_draft_repeats_no_notice_that_is_over_but_says_what_is_new(desk):
    (first,) = desk.notices()
    with within(desk.wang):
        actions.withdraw_notice(first.pk, because="8 mm only.", author_name=WANG)
    draft = desk.draft()
    other = replace(draft, critical={key: said("It bleeds.", "出血。") for key in draft.critical})
    for wanted in (draft, other):
        with within(desk.wang):
            actions.draft_anew(
                desk.report_id, wanted, desk.counsel(), result_id=desk.result.pk,
                revision=desk.report().revision,
            )  # fmt: skip
    assert [(each.state, each.reason["en"]) for each in desk.notices()] == [
        ("withdrawn", "A large mass."), ("open", "It bleeds."),
    ]  # fmt: skip
