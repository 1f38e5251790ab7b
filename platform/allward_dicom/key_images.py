"""Images that a reader should see, as a Key Object Selection: where accepted findings are largest."""

from collections.abc import Sequence

import highdicom as hd
from pydicom.dataset import Dataset

from allward_dicom.codes import OF_INTEREST
from allward_dicom.provenance import NewSeries, evidence, in_utf8, short
from allward_dicom.sr import Verification


def write_key_images(
    images: Sequence[Dataset],
    *,
    description: str,
    verification: Verification,
    series: NewSeries,
    manufacturer: str = "Allward",
) -> Dataset:
    """Write a Key Object Selection "Of Interest".

    Parameters
    ----------
    images
        Key images of one study, each once.
    description
        What is to be seen on them.
    verification
        Who accepted the findings: the selection is a person's.

    Source
    ------
    PS3.16 TID 2010, CID 7010; PS3.3 A.35.4.
    """
    person = hd.sr.ObserverContext(
        observer_type=hd.sr.CodedConcept("121006", "DCM", "Person"),
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=verification.observer_name, organization_name=verification.organization
        ),
    )
    written = hd.ko.KeyObjectSelectionDocument(
        evidence=evidence(images),
        content=hd.ko.KeyObjectSelection(
            document_title=OF_INTEREST,
            referenced_objects=list(images),
            observer_person_context=person,
            description=description,
        ),
        manufacturer=short(manufacturer),
        **series.arguments,
    )
    return in_utf8(written)
