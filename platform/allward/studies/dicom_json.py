"""The DICOM JSON that QIDO-RS answers at each level, made once when instances are indexed.

Source
------
PS3.18 10.6.3.3 (attributes of studies, series and instances in search results).
"""

import json
from collections.abc import Iterable, Mapping

from allward_dicom.values import JsonDataset, JsonElement

STUDY_TAGS = (
    "00080020",  # Study Date
    "00080030",  # Study Time
    "00080050",  # Accession Number
    "00080080",  # Institution Name
    "00080090",  # Referring Physician's Name
    "00080201",  # Timezone Offset From UTC
    "00081030",  # Study Description
    "00100010",  # Patient's Name
    "00100020",  # Patient ID
    "00100021",  # Issuer of Patient ID
    "00100030",  # Patient's Birth Date
    "00100040",  # Patient's Sex
    "00101010",  # Patient's Age
    "0020000D",  # Study Instance UID
    "00200010",  # Study ID
)
SERIES_TAGS = (
    "00080021",  # Series Date
    "00080031",  # Series Time
    "00080060",  # Modality
    "00080070",  # Manufacturer
    "0008103E",  # Series Description
    "00081090",  # Manufacturer's Model Name
    "00180015",  # Body Part Examined
    "00180050",  # Slice Thickness
    "00181030",  # Protocol Name
    "00185100",  # Patient Position
    "0020000E",  # Series Instance UID
    "00200011",  # Series Number
    "00200052",  # Frame of Reference UID
    "00200060",  # Laterality
    "00400244",  # Performed Procedure Step Start Date
    "00400245",  # Performed Procedure Step Start Time
    "00400275",  # Request Attributes Sequence
)
INSTANCE_TAGS = (
    "00080008",  # Image Type
    "00080016",  # SOP Class UID
    "00080018",  # SOP Instance UID
    "00080023",  # Content Date
    "00080033",  # Content Time
    "00200013",  # Instance Number
    "00200032",  # Image Position (Patient)
    "00280008",  # Number of Frames
    "00280010",  # Rows
    "00280011",  # Columns
    "00280100",  # Bits Allocated
)


def chosen(dataset: Mapping[str, JsonElement], tags: Iterable[str]) -> JsonDataset:
    """Return the elements of `dataset` under `tags`, as far as they are there."""
    return {tag: dataset[tag] for tag in tags if tag in dataset}


def merged(stored: str, dataset: Mapping[str, JsonElement], tags: Iterable[str]) -> JsonDataset:
    """Return what is stored for a study or series, brought up to date: a newer value wins, no empty one."""
    found: JsonDataset = json.loads(stored)
    for tag, element in chosen(dataset, tags).items():
        if tag not in found or "Value" in element:
            found[tag] = element
    return found


def element(vr: str, *values: object) -> JsonElement:
    """Return one element with its values."""
    return {"vr": vr, "Value": list(values)} if values else {"vr": vr}


def dumped(dataset: Mapping[str, object]) -> str:
    """Return the text that is stored and served: tags in rising order, no white space."""
    return json.dumps(dict(sorted(dataset.items())), ensure_ascii=False, separators=(",", ":"))


def int32(number: int | None) -> int | None:
    """Return a number that an integer column can hold; another one counts as not stated."""
    return number if number is not None and abs(number) < 1 << 31 else None
