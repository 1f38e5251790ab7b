"""A PDF as a DICOM object of its study (Encapsulated PDF Storage).

Source
------
PS3.3 A.45.1 (Encapsulated PDF IOD), C.24.1 and C.24.2 (Encapsulated Document Series and Document).
"""

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, EncapsulatedPDFStorage, ExplicitVRLittleEndian

from allward_dicom.provenance import UTF_8, NewSeries, short

_LONG_STRING = 64
_OF_PATIENT_AND_STUDY = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID",
    "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "StudyDescription",
)  # fmt: skip
_MAY_BE_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "ReferringPhysicianName", "StudyID", "AccessionNumber",
)  # fmt: skip
"""Type 2: they stand there, empty if the images do not say. Source: PS3.3 C.7.1.1, C.7.2.1."""


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """What is encapsulated.

    Attributes
    ----------
    title
        Of the document, as a reader sees it.
    verified
        Whether a verifying physician attested it.
    at
        When it was signed.
    number
        Of the instance in its series.
    """

    pdf: bytes
    title: str
    verified: bool
    at: datetime
    number: int = 1
    version: str = ""
    """Of the software that made it."""


def encapsulated_pdf(document: PdfDocument, *, source: Dataset, series: NewSeries) -> Dataset:
    """Return the DICOM object of a PDF.

    Parameters
    ----------
    source
        Header of an image of the study, whose patient and study it bears.
    """
    made = Dataset()
    made.file_meta = _file_meta(series)
    made.SpecificCharacterSet = UTF_8
    made.SOPClassUID = EncapsulatedPDFStorage
    made.SOPInstanceUID = series.sop_instance_uid
    for keyword in _OF_PATIENT_AND_STUDY:
        if keyword in source:
            made[keyword] = source[keyword]
        elif keyword in _MAY_BE_EMPTY:
            setattr(made, keyword, None)
    made.Modality = "DOC"
    made.SeriesInstanceUID = series.series_instance_uid
    made.SeriesNumber = series.series_number
    made.SeriesDescription = series.description[:_LONG_STRING]
    made.InstanceNumber = document.number
    made.Manufacturer = "Allward"
    made.ManufacturerModelName = "Allward"
    made.SoftwareVersions = short(document.version)
    made.DeviceSerialNumber = "none"
    made.ConversionType = "WSD"
    made.ContentDate = made.InstanceCreationDate = document.at.strftime("%Y%m%d")
    made.ContentTime = made.InstanceCreationTime = document.at.strftime("%H%M%S")
    made.AcquisitionDateTime = document.at.strftime("%Y%m%d%H%M%S%z")
    made.BurnedInAnnotation = "YES"
    made.DocumentTitle = document.title
    made.ConceptNameCodeSequence = DicomSequence([_concept()])
    made.VerificationFlag = "VERIFIED" if document.verified else "UNVERIFIED"
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(document.pdf)
    made.EncapsulatedDocument = document.pdf + b"\0" * (len(document.pdf) % 2)
    return made


def _file_meta(series: NewSeries) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    meta.MediaStorageSOPInstanceUID = UID(series.sop_instance_uid)
    return meta


def _concept() -> Dataset:
    """Return the kind of document (PS3.16 CID 7020)."""
    item = Dataset()
    item.CodeValue = "18748-4"
    item.CodingSchemeDesignator = "LN"
    item.CodeMeaning = "Diagnostic imaging study"
    return item
