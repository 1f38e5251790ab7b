"""A small real app that drafts a report and advises, installed by an entry point as any app is."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from allward_runner.abilities import Advice, Answers, Counsel, Draft, Sentence
from allward_runner.case import Case, SlotOutput
from allward_sdk.intended_use import IntendedUse
from allward_sdk.parts import Localised
from allward_sdk.results import CaseResult, Finding


def said(en: str, zh: str) -> Localised:
    return Localised(en=en, zh=zh)


@dataclass(frozen=True)
class Drafting:
    """The app: a sentence on each accepted finding; the last one is critical."""

    id: str = "drafting"
    version: str = "1.0.0"
    title: Localised = said("Drafting", "起草")
    slots: tuple[str, ...] = ("drafting.detector",)
    optional_slots: tuple[str, ...] = ()
    uses_prior: bool = False
    operations: tuple[str, ...] = ("segmentation",)
    intended_use: IntendedUse | None = None

    @property
    def guidelines(self) -> Mapping[str, Localised]:
        return {}

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        raise AssertionError("tests write their own results")

    def counsel(
        self,
        context: Mapping[str, str],
        findings: Sequence[Finding],
        answers: Answers,
        *,
        guidelines: Sequence[str],
        evaluable: bool,
    ) -> Counsel:
        count = said(f"{len(findings)} counted.", f"计{len(findings)}处。")
        advice = Advice(source=said("Counting", "计数"), said=count, category=str(len(findings)))
        return Counsel((advice,), ())

    def draft(
        self,
        context: Mapping[str, str],
        findings: Sequence[Finding],
        counsel: Counsel,
        *,
        evaluable: bool,
        reasons: Sequence[Localised] = (),
    ) -> Draft:
        each = tuple(Sentence(said(f"{f.title.en}.", f"{f.title.zh}。"), f.id) for f in findings)
        critical = {findings[-1].id: said("Tell at once.", "立即通知。")} if findings else {}
        whole = counsel.advice[0].said
        return Draft((), each, (Sentence(said(f"Seen: {whole.en}", f"可见：{whole.zh}")),), critical)


APP = Drafting()


def install() -> None:
    """Make the app one of those that are installed."""
    folder = Path(tempfile.gettempdir()) / "allward-test-drafting"
    info = folder / "allward_test_drafting-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: allward-test-drafting\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[allward.apps]\ndrafting = tests.drafting:APP\n")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
