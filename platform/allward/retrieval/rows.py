"""What is asked of an archive, and its answers as typed rows; the same for C-FIND and QIDO-RS. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from allward_sdk.errors import BadInputError

MOST_ROWS = 1000
"""An archive that answers more is told to stop: the question was too wide."""

Texts = Callable[[str], Sequence[str]]
"""Gives the values of an attribute by its keyword; none if it is absent or empty."""


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """Which studies are looked for; what is empty or None is not asked. Source: PS3.4 C.6.2.1.1."""

    study_instance_uid: str = ""
    accession_number: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    modality: str = ""
    """One of Modalities in Study."""
    from_date: date | None = None
    until_date: date | None = None
    """Included."""

    def __post_init__(self) -> None:
        """Refuse a question without a bound, and text that would be taken for a pattern."""
        for name in ("study_instance_uid", "accession_number", "patient_id", "modality"):
            if set(getattr(self, name)) & set("*?\\"):
                raise BadInputError(f"{name}: the characters * ? and \\ cannot be asked for")
        if not any((self.study_instance_uid, self.accession_number, self.patient_id, self.from_date)):
            raise BadInputError(
                "a question needs a study, an accession number, a patient ID or the first day of a span"
            )

    @property
    def date_range(self) -> str:
        """The span of days as DICOM writes it (PS3.4 C.2.2.2.5); empty if none is asked."""
        if self.from_date is None and self.until_date is None:
            return ""
        first = f"{self.from_date:%Y%m%d}" if self.from_date else ""
        last = f"{self.until_date:%Y%m%d}" if self.until_date else ""
        return first if first == last else f"{first}-{last}"


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study that an archive holds. What it does not say is empty or None."""

    study_instance_uid: str
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_name: str = ""
    accession_number: str = ""
    study_date: date | None = None
    description: str = ""
    modalities: tuple[str, ...] = ()
    series_count: int | None = None
    instance_count: int | None = None

    @classmethod
    def read(cls, texts: Texts) -> "StudyRow":
        """Read one answer."""
        return cls(
            study_instance_uid=_first(texts("StudyInstanceUID")),
            patient_id=_first(texts("PatientID")),
            issuer_of_patient_id=_first(texts("IssuerOfPatientID")),
            patient_name=_first(texts("PatientName")),
            accession_number=_first(texts("AccessionNumber")),
            study_date=_date(_first(texts("StudyDate"))),
            description=_first(texts("StudyDescription")),
            modalities=tuple(texts("ModalitiesInStudy")),
            series_count=_number(_first(texts("NumberOfStudyRelatedSeries"))),
            instance_count=_number(_first(texts("NumberOfStudyRelatedInstances"))),
        )

    def fits(self, query: StudyQuery) -> bool:
        """Tell whether it is what was asked; an archive may ignore a key that it does not know."""
        return all(
            not asked or asked == got
            for asked, got in (
                (query.study_instance_uid, self.study_instance_uid),
                (query.accession_number, self.accession_number),
                (query.patient_id, self.patient_id),
                (self.issuer_of_patient_id and query.issuer_of_patient_id, self.issuer_of_patient_id),
            )
        ) and self._in_span(query)

    def _in_span(self, query: StudyQuery) -> bool:
        if query.modality and self.modalities and query.modality not in self.modalities:
            return False
        if self.study_date is None:
            return not query.date_range
        first, last = query.from_date or date.min, query.until_date or date.max
        return first <= self.study_date <= last


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series that an archive holds."""

    series_instance_uid: str
    modality: str = ""
    number: int | None = None
    description: str = ""
    instance_count: int | None = None
    """None: the archive does not say."""

    @classmethod
    def read(cls, texts: Texts) -> "SeriesRow":
        """Read one answer."""
        return cls(
            series_instance_uid=_first(texts("SeriesInstanceUID")),
            modality=_first(texts("Modality")),
            number=_number(_first(texts("SeriesNumber"))),
            description=_first(texts("SeriesDescription")),
            instance_count=_number(_first(texts("NumberOfSeriesRelatedInstances"))),
        )


STUDY_KEYS = (
    "StudyInstanceUID", "PatientID", "IssuerOfPatientID", "PatientName", "AccessionNumber", "StudyDate",
    "StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances",
)  # fmt: skip
SERIES_KEYS = (
    "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "NumberOfSeriesRelatedInstances"
)  # fmt: skip


def matching(query: StudyQuery) -> dict[str, str]:
    """Return the attributes that a question states, by keyword."""
    stated = {
        "StudyInstanceUID": query.study_instance_uid,
        "AccessionNumber": query.accession_number,
        "PatientID": query.patient_id,
        "IssuerOfPatientID": query.issuer_of_patient_id,
        "ModalitiesInStudy": query.modality,
        "StudyDate": query.date_range,
    }
    return {keyword: value for keyword, value in stated.items() if value}


def _first(texts: Sequence[str]) -> str:
    return texts[0] if texts else ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isascii() and text.strip().isdigit() else None


def _date(text: str) -> date | None:
    digits = text.replace(".", "")
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
