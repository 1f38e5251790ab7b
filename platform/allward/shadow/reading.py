"""What a job left, read where it lies."""

from pydantic import TypeAdapter

from allward.results.assess import read_label_map
from allward.runs.models import Job
from allward.shadow.comparing import LabelPair, Output, Reading, compare_labels, reading_of
from allward.storage.folder import MissingBytesError
from allward_sdk.errors import TemporaryError
from allward_sdk.found import Found
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest

_FOUND: TypeAdapter[tuple[Found, ...]] = TypeAdapter(tuple[Found, ...])


def compare_jobs(job: Job, enabled: Job | None) -> tuple[Reading, Reading | None, dict[str, LabelPair]]:
    """Return both versions' words on a series, and what they drew label by label.

    Parameters
    ----------
    enabled
        The completed job of the enabled version on the same images; None: nothing was enabled.

    Raises
    ------
    TemporaryError
        If a label map cannot be read just now.
    """
    geometry = Geometry.from_json(job.geometry or {})
    mine = _output(job, geometry)
    if enabled is None:
        return reading_of(mine), None, {}
    theirs = _output(enabled, geometry)
    return reading_of(mine), reading_of(theirs), compare_labels(mine, theirs, geometry)


def _output(job: Job, geometry: Geometry) -> Output:
    try:
        labels = read_label_map(job.labelmap_key, geometry) if job.labelmap_key else None
    except MissingBytesError as error:
        raise TemporaryError(f"the label map of job {job.pk} cannot be read: {error}") from error
    return Output(
        manifest=Manifest.model_validate(job.plugin_version.manifest),
        labels_kji=labels,
        found=_FOUND.validate_python(job.found),
        timings_s=job.timings_s,
    )
