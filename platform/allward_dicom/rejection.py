"""Taking back what was already delivered: an IHE IOCM rejection note that names the objects."""

from collections.abc import Sequence
from typing import Literal

import highdicom as hd
from pydicom.dataset import Dataset

from allward_dicom.codes import REJECTED_FOR_QUALITY, REJECTED_FOR_SAFETY
from allward_dicom.provenance import NewSeries, evidence, in_utf8, short

Cause = Literal["patient_safety", "quality"]

_TITLES = {"patient_safety": REJECTED_FOR_SAFETY, "quality": REJECTED_FOR_QUALITY}


def write_rejection_note(
    objects: Sequence[Dataset],
    *,
    cause: Cause,
    series: NewSeries,
    manufacturer: str = "Allward",
    description: str | None = None,
) -> Dataset:
    """Write a Key Object Selection that rejects delivered results.

    Parameters
    ----------
    objects
        The delivered SEG, SR and whatever else belongs to the rejected result; one study.
    cause
        `"patient_safety"` for a wrong result: archives hide it. `"quality"`: archives may still show it.
    description
        The reviewer's reason, in words.

    Source
    ------
    PS3.16 TID 2010, CID 7010; IHE RAD TF-2 4.66 (Imaging Object Change Management).
    """
    written = hd.ko.KeyObjectSelectionDocument(
        evidence=evidence(objects),
        content=hd.ko.KeyObjectSelection(
            document_title=_TITLES[cause], referenced_objects=list(objects), description=description
        ),
        manufacturer=short(manufacturer),
        **series.arguments,
    )
    return in_utf8(written)
