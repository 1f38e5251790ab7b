"""The images of a result as its app sees them, the last ones kept: corrections come one after another."""

import threading
from typing import NamedTuple

from allward.kernel.clock import now
from allward.results.models import Result
from allward.results.object_sources import image_paths
from allward_dicom.volume import read_volume
from allward_runner.case import Case
from allward_runner.run import case_of

_KEPT_S = 600.0
"""For how long they are used again; afterwards their memory is given back with the next correction."""


class _Kept(NamedTuple):
    key: tuple[str, ...]
    case: Case
    since_s: float


_lock = threading.Lock()
_kept: list[_Kept] = []


def case_of_result(result: Result) -> Case:
    """Return the images that a result was made from, whole: where a nodule lies is told by what is around it.

    One case stays in the memory of the process, read-only, about 150 MiB for 300 slices.

    Raises
    ------
    BadInputError
        If one of the images is missing.
    """
    paths = image_paths(result)
    key = (str(result.series_id), *map(str, paths))
    moment_s = now().timestamp()
    with _lock:  # two readers of one study decode it once
        if _kept and _kept[0].key == key and moment_s - _kept[0].since_s < _KEPT_S:
            return _kept[0].case
        _kept.clear()
        case = case_of(read_volume(paths, need_hu=result.series.modality == "CT"))
        case.volume_hu.flags.writeable = False
        _kept.append(_Kept(key, case, moment_s))
        return case
