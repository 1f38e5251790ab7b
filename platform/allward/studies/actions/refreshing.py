"""Counts, modalities and DICOM JSON of a study and its series, after its instances changed."""

from collections.abc import Sequence

from django.db.models import Count

from allward.studies.dicom_json import SERIES_TAGS, STUDY_TAGS, dumped, element, int32, merged
from allward.studies.models import Instance, Series, Study
from allward_dicom.header import Header


def refresh(study: Study, headers: Sequence[Header], *, of_study: Header | None) -> None:
    """Save `study` with everything that follows from its instances.

    Parameters
    ----------
    headers
        Of the new instances, oldest first; a newer value wins, an empty one does not.
    of_study
        The one that says what the study and its patient are; None if none of them does, as with what the
        platform wrote.
    """
    newest = {header.series_instance_uid: header for header in headers}
    rows = list(Series.objects.filter(study=study))
    counts = dict(
        Instance.objects.filter(series__in=[row.pk for row in rows if row.series_instance_uid in newest])
        .values_list("series_id")
        .annotate(found=Count("id"))
    )
    touched = [row for row in rows if row.series_instance_uid in newest]
    for row in touched:
        _fill_series(row, newest[row.series_instance_uid], counts[row.pk])
    Series.objects.bulk_update(
        touched,
        ["modality", "number", "description", "body_part_examined", "instance_count", "dicom_json"],
    )
    study.series_count = len(rows)
    study.instance_count = sum(row.instance_count for row in rows)
    study.modalities = sorted({row.modality for row in rows if row.modality})
    study.dicom_json = _study_json(study, of_study)
    study.save()


def _fill_series(row: Series, header: Header, count: int) -> None:
    row.modality = header.modality or row.modality
    number = int32(header.series_number)
    row.number = row.number if number is None else number
    row.description = header.series_description or row.description
    row.body_part_examined = header.body_part_examined or row.body_part_examined
    row.instance_count = count
    found = merged(row.dicom_json, header.json, SERIES_TAGS)
    found["00201209"] = element("IS", count)
    row.dicom_json = dumped(found)


def _study_json(study: Study, header: Header | None) -> str:
    found = merged(study.dicom_json, header.json if header else {}, STUDY_TAGS)
    found["00080005"] = element("CS", "ISO_IR 192")
    found["00080056"] = element("CS", "ONLINE")
    found["00080061"] = element("CS", *study.modalities)
    found["00201206"] = element("IS", study.series_count)
    found["00201208"] = element("IS", study.instance_count)
    return dumped(found)
