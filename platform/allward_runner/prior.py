"""An earlier study beside the one that an app is run on: whose it is, and which of its series is read."""

from pathlib import Path

from allward_dicom.header import Header
from allward_runner.series import FoundSeries, choose_series, find_series
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Wants

_PATIENT_ID, _ISSUER = "00100020", "00100021"


def find_prior(source: Path, current: Header, wants: Wants, *, confirmed: bool) -> FoundSeries:
    """Return the series of an earlier study that a plug-in wants.

    Parameters
    ----------
    confirmed
        A person says that both studies are of one patient, whatever their numbers.

    Raises
    ------
    BadInputError
        If nothing there can be compared with, or it is not known to be the same patient's.
    """
    chosen, unmet = choose_series(find_series(source), wants)
    if not confirmed:
        _refuse_other_patient(chosen.header, current)
    if chosen.header.study_instance_uid == current.study_instance_uid:
        raise BadInputError("The prior is the same study as the input.")
    if unmet:
        raise BadInputError(" ".join(["The prior cannot be compared with.", *unmet]))
    return chosen


def _refuse_other_patient(prior: Header, current: Header) -> None:
    """Refuse a study whose Patient ID or issuer is another one, or is not stated."""
    numbers = [(header.text(_PATIENT_ID), header.text(_ISSUER)) for header in (prior, current)]
    if numbers[0] == numbers[1] and numbers[0][0]:
        return
    said = " and ".join(_number(*number) for number in numbers)
    raise BadInputError(
        f"The prior is not known to be the same patient's: the numbers are {said}. "
        "If you have made sure that it is, say so with --same-patient."
    )


def _number(patient_id: str | None, issuer: str | None) -> str:
    if not patient_id:
        return "none"
    return f"{patient_id} (issuer {issuer or 'not stated'})"
