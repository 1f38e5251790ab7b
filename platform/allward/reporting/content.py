"""What is signed, printed and sent of a report: one typed record, and the digest that names it. Pure."""

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from allward.kernel.texts import Text
from allward_sdk.results import Finding

SectionName = Literal["technique", "findings", "impression"]
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Record):
    """A text in both languages; what nobody wrote in one of them is empty there."""

    en: str = ""
    zh: str = ""

    def of(self, language: Language) -> str:
        """Return the text in a language, or else in the other one: a sentence is never left out."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return not self.en.strip() and not self.zh.strip()


def words(text: Text) -> Words:
    """Return a text of the platform as words of a report."""
    return Words(en=text.en, zh=text.zh)


class SectionLayout(_Record):
    """A section as a hospital calls it."""

    name: SectionName
    title: Words


class Layout(_Record):
    """How a hospital's report looks."""

    header: Words = Words()
    """Empty: the hospital's name."""
    department: Words = Words()
    title: Words = Words(en="Imaging report", zh="影像诊断报告")
    footer: Words = Words()
    sections: tuple[SectionLayout, ...] = (
        SectionLayout(name="technique", title=Words(en="Technique", zh="检查技术")),
        SectionLayout(name="findings", title=Words(en="Findings", zh="影像所见")),
        SectionLayout(name="impression", title=Words(en="Impression", zh="诊断意见")),
    )


class Said(_Record):
    """One sentence and the finding that it speaks of, by its record's id; None: of the whole."""

    id: str
    text: Words
    finding_id: str | None = None


class Section(_Record):
    """A section with its sentences."""

    name: SectionName
    title: Words
    sentences: tuple[Said, ...] = ()


class PatientFacts(_Record):
    """Whose report it is, as the images say."""

    patient_id: str
    issuer: str
    name_alphabetic: str
    name_ideographic: str
    sex: str
    birth_date: str | None
    """YYYY-MM-DD."""


class StudyFacts(_Record):
    """On which examination it is; numbers that the images do not bear are empty."""

    study_instance_uid: str
    accession_number: str
    issuer_of_accession_number: str = ""
    placer_order_number: str = ""
    filler_order_number: str = ""
    study_date: str | None
    """YYYY-MM-DD."""
    study_time: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()


class AdviceFacts(_Record):
    """What a guideline or a model said."""

    source: Words
    said: Words
    rule_id: str = ""
    category: str | None = None
    probability: float | None = None
    finding_id: str | None = None


class FindingFacts(_Record):
    """An accepted finding as it was when the report was signed."""

    finding_id: str
    finding: Finding


class PluginFacts(_Record):
    """Which version helped."""

    id: str
    version: str
    title: Words
    status: str


class HospitalFacts(_Record):
    """Whose report it is on paper."""

    code: str
    name: Words


class Written(_Record):
    """All that a version says."""

    report_id: str
    version: int
    app: str
    hospital: HospitalFacts
    patient: PatientFacts
    study: StudyFacts
    layout: Layout
    sections: tuple[Section, ...]
    findings: tuple[FindingFacts, ...] = ()
    advice: tuple[AdviceFacts, ...] = ()
    plugins: tuple[PluginFacts, ...] = ()
    research_only: bool
    evaluable: bool
    reason: str = ""
    """Why the verified version before it was changed; empty: it is no amendment."""

    def text_of(self, name: SectionName, language: Language) -> list[str]:
        """Return the sentences of a section in one language."""
        return [
            sentence.text.of(language)
            for section in self.sections
            if section.name == name
            for sentence in section.sentences
        ]


class SignedBy(_Record):
    """A signature under a version."""

    id: str
    kind: Literal["reporting", "verifying"]
    name: str
    at: datetime
    algorithm: str
    key_id: str
    user: str = ""
    """The account's id."""


def canonical_json(value: object) -> str:
    """Return the one JSON form of a value: sorted keys, no spaces, characters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(written: Written) -> str:
    """Return the sha256 of all that a version says."""
    return hashlib.sha256(canonical_json(written.model_dump(mode="json")).encode()).hexdigest()
