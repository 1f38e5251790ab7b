"""Whole objects in Explicit VR Little Endian, for callers that read nothing else."""

import io

import numpy as np
import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import decompress

from allward.archive.finding import EXPLICIT_LITTLE, StoredObject
from allward_dicom.encoding import EXPLICIT_BIG
from allward_dicom.frames import is_native
from allward_sdk.errors import BadInputError

_SWAPPED_BYTES = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}
"""VR -> bytes of one number, for values that pydicom keeps as bytes. Source: PS3.5 Table 6.2-1."""
_ERRORS = (ValueError, RuntimeError, NotImplementedError, AttributeError, KeyError, TypeError, OSError)


def decoded_object(stored: StoredObject) -> bytes:
    """Return an object in Explicit VR Little Endian, with its frames decoded.

    Raises
    ------
    BadInputError
        If nothing here decodes it.
    """
    try:
        dataset: Dataset = pydicom.dcmread(stored.path, force=True)
        if not is_native(stored.transfer_syntax):
            decompress(dataset, generate_instance_uid=False)
        elif stored.transfer_syntax == EXPLICIT_BIG:
            dataset = _little_endian(dataset)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(EXPLICIT_LITTLE)
        target = io.BytesIO()
        dataset.save_as(target, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except _ERRORS as error:
        raise BadInputError(f"it cannot be decoded: {error}") from error
    return target.getvalue()


def _little_endian(dataset: Dataset) -> Dataset:
    """Return a copy whose byte values are little endian; numbers and texts turn when they are written."""
    turned = Dataset()
    turned.update({element.tag: element for element in dataset})
    turned.file_meta = FileMetaDataset(dataset.file_meta)
    turned.preamble = dataset.preamble
    turned.walk(_swap)
    return turned


def _swap(_: Dataset, element: DataElement) -> None:
    size = _SWAPPED_BYTES.get(element.VR)
    if size and isinstance(element.value, bytes):
        element.value = np.frombuffer(element.value, dtype=f">u{size}").astype(f"<u{size}").tobytes()
