"""Every way the study index is written: one function, one transaction, one event."""

from allward.studies.actions.completing import complete_study
from allward.studies.actions.indexing import index_instances
from allward.studies.actions.judging import note_verdict
from allward.studies.actions.linking import SamePatientError, link_patients
from allward.studies.actions.storing_results import ResultSeries, store_result_series

__all__ = [
    "ResultSeries",
    "SamePatientError",
    "complete_study",
    "index_instances",
    "link_patients",
    "note_verdict",
    "store_result_series",
]
