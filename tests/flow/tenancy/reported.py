"""What a hospital has of reports, in several states; how the addresses of reports and of a RIS are called."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.platform_database import Hospital

from allward.reporting import actions
from allward.reporting.models import CriticalNotice, MessageOut, Report, RisConnection
from allward.results.actions import Shown, store_result
from allward.results.models import Result
from allward.runs.models import AppRun
from allward.runs.states import RunState
from allward.studies.models import Series, Study
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import Scope, within
from allward_runner.abilities import Counsel, Draft, Sentence
from allward_sdk.parts import Localised
from allward_sdk.results import CaseResult

if TYPE_CHECKING:
    from tests.flow.tenancy.addresses import Address, Call
    from tests.flow.tenancy.stocked import Stocked

API = "api/v1/"
REPORT = "reports/<uuid:report_id>/"
NOTICE = "critical-notices/<uuid:notice_id>/"
_COUNSEL = Counsel((), ())


@dataclass(frozen=True, slots=True)
class Reported:
    """Reports of a hospital."""

    draft_id: UUID
    """Of a result with findings; its revision is 1."""
    ready_id: UUID
    """A draft that can be signed."""
    signed_id: UUID
    """Waits for the verifying physician; its revision is 2."""
    verified_id: UUID
    """Its revision is 3."""
    result_id: UUID
    sentences: tuple[str, str, str]
    """Ids of the draft's sentences: technique, findings, impression."""
    connection_id: UUID
    message_id: UUID
    notice_ids: tuple[UUID, UUID]

    @property
    def secrets(self) -> tuple[UUID, ...]:
        """Ids that nobody else is ever told."""
        reports = (self.draft_id, self.ready_id, self.signed_id, self.verified_id)
        return (*reports, self.connection_id, self.message_id, *self.notice_ids)


def report_things(hospital: Hospital, word: str, *, result_id: UUID, other_study_id: UUID) -> Reported:
    """Write the reports: two apps on each of two studies."""
    one = Scope.of_tenant(hospital.tenant_id, actor="wang")
    wang, zhao = replace(one, user_id=uuid4()), replace(one, user_id=uuid4(), actor="zhao")
    with within(wang):
        result = Result.objects.get(pk=result_id)
        connection = actions.add_connection(
            actions.ConnectionSettings(
                name=f"{word} RIS",
                kind="hl7_mllp",
                host="127.0.0.1",
                port=9,
                for_research=True,
                sends_preliminary=True,
            )  # fmt: skip
        )
        draft = _begin(result, word)
        others = [
            _begin(_result(series, app), word)
            for series, app in (
                (result.series, "lung_nodule"),
                (Series.objects.get(study_id=other_study_id), "any_imaging"),
                (Series.objects.get(study_id=other_study_id), "lung_nodule"),
            )
        ]
        for report in others[1:]:
            _sign(report)
    with within(zhao):
        actions.verify_report(others[2].pk, revision=2, author_name="Zhao", advice=())
    with within(wang):
        notices = CriticalNotice.objects.order_by("raised_at")
        first = notices[0]
        message = _failed_message(connection, others[2])
        return Reported(
            draft_id=draft.pk,
            ready_id=others[0].pk,
            signed_id=others[1].pk,
            verified_id=others[2].pk,
            result_id=result.pk,
            sentences=tuple(draft.working[name][0]["id"] for name in ("technique", "findings", "impression")),
            connection_id=connection.pk,
            message_id=message.pk,
            notice_ids=(first.pk, notices[1].pk),
        )


def _failed_message(connection: RisConnection, report: Report) -> MessageOut:
    from allward.reporting.actions.sending import new_message_id
    from allward.reporting.queries import latest_version

    message_id = new_message_id()
    version = latest_version(report)
    actions.schedule_message(
        message_id, connection=connection, version=version, status="preliminary", payload="MSH|^~\\&|\r"
    )
    MessageOut.objects.filter(pk=message_id).update(state="failed")
    return MessageOut.objects.get(pk=message_id)


def _begin(result: Result, word: str) -> Report:
    said = Localised(en=f"{word} seen.", zh=f"{word} 可见。")
    draft = Draft((Sentence(said),), (Sentence(said),), (Sentence(said),))
    report = actions.draft_report(result.pk, draft, _COUNSEL, author_name=f"Dr {word}")
    actions.raise_notice(report.pk, finding_id=None, reason=_reason(word), author_name=f"Dr {word}")
    return report


def _reason(word: str) -> Any:
    from allward.kernel.texts import Text

    return Text(f"{word} is urgent", f"{word} 危急")


def _sign(report: Report) -> None:
    actions.sign_report(report.pk, revision=1, author_name="Wang", advice=())


def _result(series: Series, app: str) -> Result:
    """A result without findings."""
    study = Study.objects.get(pk=series.study_id)
    run = AppRun.objects.create(
        study=study, series=series, app=app, app_version="1.0.0", revision=1, research_only=True,
        state=RunState.COMPLETED, input_digest=series_input_digest(series.pk), key=uuid4().hex + uuid4().hex,
    )  # fmt: skip
    case = CaseResult(
        study_instance_uid=study.study_instance_uid, series_instance_uid=series.series_instance_uid,
        app=app, version="1.0.0", plugins=(), evaluable=True,
    )  # fmt: skip
    return store_result(run=run, case_result=case, reasons=[], shown=Shown("", None, [], []))


_WORDS = {"en": "x", "zh": "某"}
_TEMPLATE = {
    "app": "", "header": _WORDS, "department": _WORDS, "title": _WORDS, "footer": _WORDS,
    "sections": [{"name": name, "title": _WORDS} for name in ("technique", "findings", "impression")],
}  # fmt: skip
_NEW = {"name": "second", "kind": "fhir", "base_url": "https://fhir.example/R4"}


class _Calls:
    """Makes calls and addresses."""

    def __init__(self, call: "type[Call]", address: "type[Address]") -> None:
        self.call, self.address = call, address

    def plain(self, method: str, path: str, body: Any = None, **options: Any) -> "Address":
        made = self.call(method, f"/{API}{path}", body)
        return self.address(lambda _: made, lambda _mine, _theirs: [made], lists=True, **options)

    def by_id(self, method: str, path: str, name: str, body: Any = None, **options: Any) -> "Address":
        def make(own: "Stocked") -> "Call":
            return self.call(method, f"/{API}{path.format(getattr(own.reported, name))}", body)

        return self.address(make, lambda _, theirs: [make(theirs)], **options)

    def of_notice(self, act: str, body: Any) -> "Address":
        def make(own: "Stocked") -> "Call":
            which = own.reported.notice_ids[1 if act == "withdraw" else 0]
            return self.call("POST", f"/{API}critical-notices/{which}/{act}/", body)

        return self.address(make, lambda _, theirs: [make(theirs)])

    def changed(self, mine: "Stocked", theirs: "Stocked") -> "Call":
        names = ("technique", "findings", "impression")
        sections = [
            {"name": name, "sentences": [{"sentence_id": key, "text": _WORDS, "finding_id": None}]}
            for name, key in zip(names, theirs.reported.sentences, strict=True)
        ]
        body = {"revision": 1, "sections": sections}
        return self.call("PUT", f"/{API}reports/{mine.reported.draft_id}/", body)

    def redrafted(self, mine: "Stocked", theirs: "Stocked") -> "Call":
        body = {"revision": 2, "result_id": str(theirs.reported.result_id)}
        return self.call("POST", f"/{API}reports/{mine.reported.draft_id}/redraft/", body)

    def raised(self, own: "Stocked") -> "Call":
        finding = str(own.finding_ids[0])
        body = {"report_id": str(own.reported.draft_id), "finding_id": finding, "reason": _WORDS}
        return self.call("POST", f"/{API}critical-notices/", body)

    def listed(self, own: "Stocked") -> "Call":
        return self.call("GET", f"/{API}reports/?study_id={own.study_id}")

    def begun(self, own: "Stocked") -> "Call":
        return self.call("POST", f"/{API}reports/", {"result_id": str(own.reported.result_id)})

    def launched(self, own: "Stocked") -> "Call":
        return self.call("GET", f"/{API}launch/?accession={own.word[:8]}1")


def table(call: "type[Call]", address: "type[Address]") -> "dict[tuple[str, str], Address]":
    """Return how each address of reports and of the RIS is called."""
    made = _Calls(call, address)
    return {**_of_reports(made), **_of_the_ris(made)}


def _of_reports(made: _Calls) -> "dict[tuple[str, str], Address]":
    by_id, address = made.by_id, made.address
    why = {"revision": 3, "reason": "wrong side"}
    return {
        ("GET", f"{API}reports/"): address(made.listed, lambda _, theirs: [made.listed(theirs)]),
        ("POST", f"{API}reports/"): address(made.begun, lambda _, theirs: [made.begun(theirs)]),
        ("GET", f"{API}{REPORT}"): by_id("GET", "reports/{}/", "draft_id"),
        ("PUT", f"{API}{REPORT}"): address(
            lambda own: made.changed(own, own),
            lambda mine, theirs: [made.changed(theirs, mine), made.changed(theirs, theirs)],
        ),
        ("POST", f"{API}{REPORT}redraft/"): address(
            lambda own: made.redrafted(own, own),
            lambda mine, theirs: [made.redrafted(mine, theirs), made.redrafted(theirs, theirs)],
        ),
        ("POST", f"{API}{REPORT}sign/"): by_id("POST", "reports/{}/sign/", "ready_id", {"revision": 1}),
        ("POST", f"{API}{REPORT}send-back/"): by_id(
            "POST", "reports/{}/send-back/", "ready_id", {"revision": 2, "reason": "which side?"}
        ),
        ("POST", f"{API}{REPORT}verify/"): by_id("POST", "reports/{}/verify/", "signed_id", {"revision": 2}),
        ("GET", f"{API}{REPORT}report.pdf"): by_id("GET", "reports/{}/report.pdf", "verified_id"),
        ("GET", f"{API}{REPORT}fhir/"): by_id("GET", "reports/{}/fhir/", "verified_id"),
        ("POST", f"{API}{REPORT}amend/"): by_id("POST", "reports/{}/amend/", "verified_id", why),
        ("POST", f"{API}{REPORT}give-up/"): by_id(
            "POST", "reports/{}/give-up/", "verified_id", {"revision": 4}
        ),
        ("POST", f"{API}{REPORT}withdraw/"): by_id(
            "POST", "reports/{}/withdraw/", "verified_id", {"revision": 5, "reason": "other patient"}, last=1
        ),
    }


def _of_the_ris(made: _Calls) -> "dict[tuple[str, str], Address]":
    plain, by_id, address = made.plain, made.by_id, made.address
    told = {"recipient": "Dr Li", "way": "phone", "read_back": True}
    changed = {"name": "renamed", "kind": "hl7_mllp", "host": "127.0.0.1", "port": 9}
    return {
        ("GET", f"{API}launch/"): address(
            made.launched, lambda _, theirs: [made.launched(theirs)], lists=True
        ),
        ("GET", f"{API}critical-notices/"): plain("GET", "critical-notices/"),
        ("POST", f"{API}critical-notices/"): address(made.raised, lambda _, theirs: [made.raised(theirs)]),
        ("POST", f"{API}{NOTICE}tell/"): made.of_notice("tell", told),
        ("POST", f"{API}{NOTICE}acknowledge/"): made.of_notice("acknowledge", {"by": "Dr Li"}),
        ("POST", f"{API}{NOTICE}withdraw/"): made.of_notice("withdraw", {"reason": "measured anew"}),
        ("GET", f"{API}ris-connections/"): plain("GET", "ris-connections/"),
        ("POST", f"{API}ris-connections/"): plain("POST", "ris-connections/", _NEW),
        ("PUT", f"{API}ris-connections/<uuid:connection_id>/"): by_id(
            "PUT", "ris-connections/{}/", "connection_id", changed, last=1
        ),
        ("POST", f"{API}report-messages/<uuid:message_id>/retry/"): by_id(
            "POST", "report-messages/{}/retry/", "message_id", last=1
        ),
        ("GET", f"{API}report-templates/"): plain("GET", "report-templates/"),
        ("PUT", f"{API}report-templates/"): plain("PUT", "report-templates/", _TEMPLATE),
        ("DELETE", f"{API}report-templates/"): plain("DELETE", "report-templates/?app=nothing"),
        ("PUT", f"{API}report-templates/policy/"): plain(
            "PUT", "report-templates/policy/", {"same_person_may_verify": False}
        ),
    }
