"""A PDF in its study: an object that the validator takes and a reader opens."""

from datetime import UTC, datetime

import pydicom
import pytest
from tests.unit.dicom.validator import said_by_dciodvfy

from allward_dicom.encapsulated import PdfDocument, encapsulated_pdf
from allward_dicom.phantom import PhantomPatient, PhantomSpec, write_abdomen_phantom
from allward_dicom.provenance import NewSeries

SERIES = NewSeries("2.25.11", "2.25.12", 9050, "Report")


@pytest.fixture
def source(tmp_path):
    patient = PhantomPatient(name="Zhang^San=张^三", patient_id="P-1", issuer="HIS")
    spec = PhantomSpec(slices=1, size=32, accession_number="A1", patient=patient)
    write_abdomen_phantom(tmp_path / "ct", seed=1, spec=spec)
    (path,) = (tmp_path / "ct").iterdir()
    return pydicom.dcmread(path, stop_before_pixels=True)


def document(pdf: bytes, *, verified: bool = True) -> PdfDocument:
    return PdfDocument(
        pdf=pdf,
        title="影像诊断报告",
        verified=verified,
        at=datetime(2026, 11, 22, 9, tzinfo=UTC),
        version="0.1.0",
    )


@pytest.mark.parametrize("pdf", [b"%PDF-1.4 even", b"%PDF-1.4 odd"])
def test_the_validator_finds_no_error(tmp_path, source, pdf):
    made = encapsulated_pdf(document(pdf), source=source, series=SERIES)
    path = tmp_path / "report.dcm"
    made.save_as(path, enforce_file_format=True)
    errors = [line for line in said_by_dciodvfy(path).splitlines() if line.startswith("Error")]
    assert errors == []


@pytest.mark.parametrize("pdf", [b"%PDF-1.4 even", b"%PDF-1.4 odd"])
def test_the_pdf_comes_out_as_it_went_in_under_the_same_patient_and_study(tmp_path, source, pdf):
    path = tmp_path / "report.dcm"
    encapsulated_pdf(document(pdf), source=source, series=SERIES).save_as(path, enforce_file_format=True)
    read = pydicom.dcmread(path)
    assert read.EncapsulatedDocument[: read.EncapsulatedDocumentLength] == pdf
    for keyword in ("PatientID", "IssuerOfPatientID", "StudyInstanceUID", "AccessionNumber", "PatientName"):
        assert read[keyword].value == source[keyword].value, keyword
    assert (read.DocumentTitle, read.VerificationFlag) == ("影像诊断报告", "VERIFIED")


def test_a_document_that_nobody_verified_says_so(source):
    made = encapsulated_pdf(document(b"%PDF", verified=False), source=source, series=SERIES)
    assert made.VerificationFlag == "UNVERIFIED"
