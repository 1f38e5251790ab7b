"""The header of a small slide, as a scanner writes it, for objects that refer to it."""

from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def slide_header() -> Dataset:
    """Return a tiled slide of 2048 x 1024 pixels of half a micrometre, without pixels."""
    glass = _item(CodeValue="433466003", CodingSchemeDesignator="SCT", CodeMeaning="Microscope slide")
    specimen = _item(
        SpecimenIdentifier="S1", SpecimenUID=generate_uid(), IssuerOfTheSpecimenIdentifierSequence=[],
        SpecimenPreparationSequence=[],
    )  # fmt: skip
    pixels = _item(PixelSpacing=[0.0005, 0.0005], SliceThickness=0.001)
    slide = _item(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.6", SOPInstanceUID=generate_uid(),
        StudyInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid(), FrameOfReferenceUID=generate_uid(),
        PatientID="1", PatientName="Phantom^Slide", PatientBirthDate="", PatientSex="", AccessionNumber="",
        StudyID="1", StudyDate="20260101", StudyTime="101010", ReferringPhysicianName="", Modality="SM",
        PositionReferenceIndicator="SLIDE_CORNER", ImageOrientationSlide=[0, -1, 0, -1, 0, 0],
        TotalPixelMatrixColumns=2048, TotalPixelMatrixRows=1024, TotalPixelMatrixFocalPlanes=1,
        NumberOfFrames=8, Rows=512, Columns=512, ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        ContainerIdentifier="c", IssuerOfTheContainerIdentifierSequence=[], ContainerTypeCodeSequence=[glass],
        SpecimenDescriptionSequence=[specimen], DimensionOrganizationType="TILED_FULL",
        NumberOfOpticalPaths=1, OpticalPathSequence=[_item(OpticalPathIdentifier="1")],
        SamplesPerPixel=3, BitsAllocated=8, PhotometricInterpretation="RGB",
        TotalPixelMatrixOriginSequence=[
            _item(XOffsetInSlideCoordinateSystem=20.0, YOffsetInSlideCoordinateSystem=40.0)
        ],
        SharedFunctionalGroupsSequence=[_item(PixelMeasuresSequence=[pixels])],
    )  # fmt: skip
    slide.file_meta = FileMetaDataset()
    slide.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return slide
