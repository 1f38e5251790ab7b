"""The coded concepts that result objects use beside those that a manifest brings."""

from highdicom.sr import CodedConcept

from allward_sdk.parts import Code

IMAGING_PROCEDURE = CodedConcept("363679005", "SCT", "Imaging procedure")
"""Procedure reported, TID 1500 row 4, CID 100; what PixelMed's validator accepts too."""
DIAGNOSTIC_IMAGING_REPORT = CodedConcept("18748-4", "LN", "Diagnostic imaging report")
"""CID 7000."""
COMMENT = CodedConcept("121106", "DCM", "Comment")
ABSENT = CodedConcept("272519000", "SCT", "Absent")
"""CID 240: looked for and not found."""
INDETERMINATE = CodedConcept("82334004", "SCT", "Indeterminate")
"""Looked for, and nothing can be said."""
PRESENT = CodedConcept("52101004", "SCT", "Present")
"""CID 240: what was looked for is there."""
LUNG = CodedConcept("39607008", "SCT", "Lung")
OF_INTEREST = CodedConcept("113000", "DCM", "Of Interest")
"""CID 7010: images that a reader should see."""
STUDY_INSTANCE_UID = CodedConcept("110180", "DCM", "Study Instance UID")
SERIES_INSTANCE_UID = CodedConcept("112002", "DCM", "Series Instance UID")
SITES_BY_NAME = {("SCT", "427359005"): LUNG}
"""Finding type -> the organ that its name says it lies in."""
NO_UNITS = CodedConcept("1", "UCUM", "no units")
"""UCUM 22: the unity."""
ENGLISH = CodedConcept("en", "RFC5646", "English")
CHINESE = CodedConcept("zh-CN", "RFC5646", "Chinese (China)")
REJECTED_FOR_QUALITY = CodedConcept("113001", "DCM", "Rejected for Quality Reasons")
"""CID 7010; IHE IOCM: may still be shown where quality reasons are not hidden."""
REJECTED_FOR_SAFETY = CodedConcept("113037", "DCM", "Rejected for Patient Safety Reasons")
"""CID 7010; IHE IOCM: must no longer be shown."""


def concept(code: Code) -> CodedConcept:
    """Return a manifest's code as highdicom takes it."""
    return CodedConcept(code.value, code.scheme, code.meaning)
