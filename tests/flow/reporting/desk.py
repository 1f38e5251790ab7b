"""A report on a real result: a hospital, its radiologists, and what they do."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

from tests.flow.delivery.scene import Scene, new_scene, run_steps

from allward.reporting import actions
from allward.reporting.content import AdviceFacts, SectionName, Words
from allward.reporting.facts import advice_facts, advice_of, ground_of, records_of
from allward.reporting.models import CriticalNotice, MessageOut, Report
from allward.reporting.working import LineChange, lines_of, read_working
from allward.results.models import FindingRecord, Result
from allward.tenancy.scope import Scope, within
from allward_runner.abilities import Advice, Counsel, Draft, Sentence
from allward_sdk.parts import Localised

WANG, ZHAO = "王医师", "Dr Zhao"


def said(en: str, zh: str) -> Localised:
    return Localised(en=en, zh=zh)


@dataclass
class Desk:
    """One result of which every finding is accepted, and two people."""

    scene: Scene
    result: Result
    wang: Scope = field(init=False)
    zhao: Scope = field(init=False)
    report_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.wang = replace(self.scene.radiologist, user_id=uuid4(), actor="wang")
        self.zhao = replace(self.scene.radiologist, user_id=uuid4(), actor="zhao")

    def findings(self) -> list[FindingRecord]:
        with within(self.scene.system):
            return list(FindingRecord.objects.filter(result=self.result).order_by("ordinal"))

    def draft(self) -> Draft:
        """What an app would write: a sentence on each accepted finding, and one on the whole."""
        ids = [row.finding["id"] for row in self.findings() if row.review_state == "accepted"]
        each = tuple(Sentence(said(f"Finding {one}.", f"发现{one}。"), one) for one in ids)
        return Draft(
            technique=(Sentence(said("CT of the abdomen.", "腹部CT平扫。")),),
            findings=each,
            impression=(Sentence(said(f"{len(ids)} findings.", f"共{len(ids)}处发现。")),),
            critical={ids[-1]: said("A large mass.", "巨大肿块。")} if ids else {},
        )

    def counsel(self, category: str = "4A") -> Counsel:
        ids = [row.finding["id"] for row in self.findings()]
        advice = Advice(
            source=said("Lung-RADS v2022", "Lung-RADS v2022 版"), said=said("Follow up.", "随访。"),
            rule_id="solid-4a", category=category, finding_id=ids[-1],
        )  # fmt: skip
        return Counsel((advice,), ())

    def begin(self) -> Report:
        with within(self.wang):
            report = actions.draft_report(self.result.pk, self.draft(), self.counsel(), author_name=WANG)
        self.report_id = report.pk
        return report

    def report(self) -> Report:
        with within(self.scene.system):
            return Report.objects.select_related("result").get(pk=self.report_id)

    def advice(self, counsel: Counsel | None = None) -> tuple[AdviceFacts, ...]:
        """What is advised now: as at the last draft, unless said otherwise."""
        if counsel is None:
            return advice_of(self.report())
        with within(self.scene.system):
            return advice_facts(counsel, records_of(self.result))

    def sign(self, scope: Scope | None = None, name: str = WANG, *, counsel: Counsel | None = None) -> Report:
        advice = self.advice(counsel)
        with within(scope or self.wang):
            return actions.sign_report(
                self.report_id, revision=self.report().revision, author_name=name, advice=advice
            )

    def verify(
        self, scope: Scope | None = None, name: str = ZHAO, *, counsel: Counsel | None = None
    ) -> Report:
        advice = self.advice(counsel)
        with within(scope or self.zhao):
            return actions.verify_report(
                self.report_id, revision=self.report().revision, author_name=name, advice=advice
            )

    def write_freely(self, text: str) -> Report:
        """Put a reader's own sentence in the place of all that the app wrote."""
        sections: tuple[SectionName, ...] = ("technique", "findings", "impression")
        with within(self.wang):
            return actions.change_report(
                self.report_id, {name: [LineChange(None, Words(en=text))] for name in sections},
                revision=self.report().revision, advice=(),
            )  # fmt: skip

    def write(self, **texts: str) -> Report:
        """Change the text of a section's first sentence."""
        report = self.report()
        working = read_working(report.working)
        changes = {}
        for name, lines in working.items():
            changes[name] = [LineChange(line.id, line.text, line.finding_id) for line in lines]
            if name in texts:
                first = changes[name][0]
                text = first.text.model_copy(update={"en": texts[name], "zh": f"{texts[name]}（中）"})
                changes[name][0] = replace(first, text=text)
        with within(self.wang):
            return actions.change_report(
                self.report_id, changes, revision=report.revision, advice=self.advice()
            )

    def outdated(self) -> list[str]:
        report = self.report()
        with within(self.scene.system):
            ground = ground_of(report.result, self.advice())
        return [line.text.en for line in lines_of(read_working(report.working)) if ground.outdates(line)]

    def notices(self) -> list[CriticalNotice]:
        with within(self.scene.system):
            return list(CriticalNotice.objects.filter(report_id=self.report_id).order_by("raised_at"))

    def messages(self) -> list[MessageOut]:
        with within(self.scene.system):
            return list(MessageOut.objects.order_by("created_at", "pk"))


def new_desk(folder: Path, *, research_only: bool = False) -> Desk:
    scene = new_scene(folder)
    result = scene.new_result(research_only=research_only)
    scene.review(result, *["accept"] * len(_findings(scene, result)))
    run_steps()
    return Desk(scene, result)


def _findings(scene: Scene, result: Result) -> list[FindingRecord]:
    with within(scene.system):
        return list(FindingRecord.objects.filter(result=result))
