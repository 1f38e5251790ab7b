"""The stored objects that a WADO-RS path names."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from allward.archive.request import Request, not_found
from allward.storage.place import sidecar_key, storage
from allward.studies.models import Instance
from allward_dicom.frames import is_native
from allward_dicom.header import Header, header_from_index

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object, where its bytes lie, and in which syntax its frames are sent undecoded."""

    instance_id: UUID
    sop_instance_uid: str
    series_id: UUID
    transfer_syntax: str
    storage_key: str
    size_bytes: int

    @property
    def path(self) -> Path:
        """The file."""
        return storage().path(self.storage_key)

    @property
    def frame_syntax(self) -> str:
        """The transfer syntax of its frames as stored; uncompressed ones always come in little endian."""
        return EXPLICIT_LITTLE if is_native(self.transfer_syntax) else self.transfer_syntax


def named_instances(request: Request) -> QuerySet[Instance]:
    """Return the rows of the study, series or instance that the path names, in reading order."""
    columns = {
        "study": "study__study_instance_uid",
        "series": "series__series_instance_uid",
        "instance": "sop_instance_uid",
    }
    named = {columns[name]: value for name, value in request.params.items() if name in columns}
    return Instance.objects.filter(**named).order_by(
        "series__number", "series__series_instance_uid", "number", "sop_instance_uid"
    )


def find_objects(request: Request) -> list[StoredObject]:
    """Return the objects that the path names.

    Raises
    ------
    RefusedError
        404 if there are none.
    """
    rows = named_instances(request).values_list(
        "id", "sop_instance_uid", "series_id", "transfer_syntax_uid", "storage_key", "size_bytes"
    )
    found = [StoredObject(*row) for row in rows]
    if not found:
        raise not_found()
    return found


def find_header(request: Request) -> tuple[StoredObject, Header]:
    """Return the one object that the path names, and its header.

    Raises
    ------
    RefusedError
        404 if there is none.
    """
    row = named_instances(request).first()
    if row is None:
        raise not_found()
    return _with_header(row)


def find_middle_header(request: Request) -> tuple[StoredObject, Header]:
    """Return the middle object of a series, with pixels: the one that a picture of the series shows.

    Raises
    ------
    RefusedError
        404 if there is none.
    """
    rows = named_instances(request).exclude(pixel_place=None)
    ids = list(rows.values_list("id", flat=True))
    if not ids:
        raise not_found()
    return _with_header(Instance.objects.get(pk=ids[len(ids) // 2]))


def _with_header(row: Instance) -> tuple[StoredObject, Header]:
    found = StoredObject(
        row.pk,
        row.sop_instance_uid,
        row.series_id,
        row.transfer_syntax_uid,
        row.storage_key,
        row.size_bytes,
    )
    return found, header_from_index(
        {
            "json": json.loads(row.dicom_json),
            "transfer_syntax_uid": row.transfer_syntax_uid,
            "pixel_place": row.pixel_place,
        }
    )


def read_sidecar(storage_key: str) -> list[dict[str, Any]]:
    """Return the per-frame functional groups that are kept beside an object."""
    found: list[dict[str, Any]] = json.loads(storage().read(sidecar_key(storage_key)))
    return found


def bulk_data_urls(instance_url: str) -> tuple[str, str]:
    """Return what to replace in stored DICOM JSON, and by what, so that bulk data URIs are whole.

    A text value cannot hold the replaced text: quotation marks inside of one are escaped.
    """
    return '"BulkDataURI":"bulkdata/', f'"BulkDataURI":"{instance_url}/bulkdata/'
