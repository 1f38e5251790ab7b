"""Tables and texts as one Enhanced SR: every number coded with its unit, every sentence as it was written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highdicom as hd
from highdicom.sr.value_types import ContentItem
from pydicom.dataset import Dataset

from allward_dicom.codes import CHINESE, COMMENT, DIAGNOSTIC_IMAGING_REPORT, ENGLISH, concept
from allward_dicom.provenance import AlgorithmIdentity, Language, NewSeries, evidence, in_utf8
from allward_dicom.sr import Verification, verified
from allward_dicom.sr_text import sentence
from allward_sdk.writings import Column, Row, Table, Text

_CONTAINS = hd.sr.RelationshipTypeValues.CONTAINS
_LANGUAGE = hd.sr.CodedConcept("121049", "DCM", "Language of Content Item and Descendants")
_TABLE_CELL_DIGITS = 6
"""Digits kept of a number: DS holds 16 characters (PS3.5 Table 6.2-1)."""


@dataclass(frozen=True, slots=True)
class Writings:
    """What a document says.

    Attributes
    ----------
    language
        Of texts; codes keep their English meanings.
    research
        Whether the document must say that it is for research only.
    verification
        None: the document is marked UNVERIFIED.
    """

    parts: tuple[Table | Text, ...]
    language: Language = "en"
    research: bool = True
    verification: Verification | None = None


def write_writings(
    writings: Writings, *, sources: Sequence[Dataset], algorithm: AlgorithmIdentity, series: NewSeries
) -> Dataset:
    """Write tables and texts, each as a container of its own.

    Parameters
    ----------
    sources
        The images that were evaluated.

    Source
    ------
    PS3.3 A.35.2 (Enhanced SR); PS3.16 TID 2000 gives the document title, CID 7000.
    """
    language, verification = writings.language, writings.verification
    root = _container(DIAGNOSTIC_IMAGING_REPORT)
    said = [sentence("research", language)] if writings.research else []
    said.append(sentence("unverified" if verification is None else "verified", language))
    items: list[ContentItem] = [
        hd.sr.CodeContentItem(
            _LANGUAGE,
            CHINESE if language == "zh" else ENGLISH,
            hd.sr.RelationshipTypeValues.HAS_CONCEPT_MOD,
        ),
        *_texts(said),
    ]
    for part in writings.parts:
        items.append(_table(part, language) if isinstance(part, Table) else _text(part, language))
    root.ContentSequence = hd.sr.ContentSequence(items)
    document = hd.sr.EnhancedSR(
        evidence=evidence(sources),
        content=root,
        is_complete=True,
        **verified(verification),
        **series.arguments,
        **algorithm.equipment,
    )
    return in_utf8(document)


def _container(name: hd.sr.CodedConcept, *, inside: bool = False) -> hd.sr.ContainerContentItem:
    return hd.sr.ContainerContentItem(name=name, relationship_type=_CONTAINS if inside else None)


def _texts(sentences: Iterable[str]) -> list[ContentItem]:
    return [hd.sr.TextContentItem(COMMENT, text, _CONTAINS) for text in sentences]


def _text(text: Text, language: Language) -> ContentItem:
    section = _container(concept(text.concept), inside=True)
    paragraphs = [getattr(each, language) for each in (text.title, *text.paragraphs)]
    section.ContentSequence = hd.sr.ContentSequence(_texts(paragraphs))
    return section


def _table(table: Table, language: Language) -> ContentItem:
    section = _container(concept(table.concept), inside=True)
    rows = [_row(row, table, language) for row in table.rows]
    section.ContentSequence = hd.sr.ContentSequence([*_texts([getattr(table.title, language)]), *rows])
    return section


def _row(row: Row, table: Table, language: Language) -> ContentItem:
    """Return a row: its title, each number, and in words what was not measured."""
    group = _container(concept(table.concept), inside=True)
    items: list[ContentItem] = _texts([getattr(row.title, language)])
    for column, value in zip(table.columns, row.values, strict=True):
        if value is None:
            items += _texts([sentence("not_measured", language, getattr(column.title, language))])
        else:
            items.append(_number(column, value))
    group.ContentSequence = hd.sr.ContentSequence(items)
    return group


def _number(column: Column, value: float) -> ContentItem:
    kept = float(f"{value:.{_TABLE_CELL_DIGITS}g}")
    return hd.sr.NumContentItem(
        concept(column.concept), kept, concept(column.unit), relationship_type=_CONTAINS
    )
