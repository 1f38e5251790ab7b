from datetime import date
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from allward.runs.states import Fault, Priority, RunState
from allward.worklist.items import RunFacts, StudyFacts, age_years, ai_state, current_runs, review_state

SERIES = UUID(int=1)


def run(
    state=RunState.COMPLETED, *, revision=1, fault="", progress=0.5, reasons=(), **result: Any
) -> RunFacts:
    record = SimpleNamespace(
        pk=UUID(int=revision + 100), series_id=SERIES, app="any_imaging", revision=revision, state=state,
        fault=fault, reasons=list(reasons), priority=Priority.MEDIUM,
    )  # fmt: skip
    facts = {"result_status": None, "evaluable": None, **result}
    return RunFacts(run=cast(Any, record), progress=progress, **facts)


def study(*runs: RunFacts, **trace: Any) -> StudyFacts:
    return StudyFacts(study=cast(Any, None), tenant=cast(Any, None), runs=runs, **trace)


def state_of(*runs: RunFacts, **trace: Any) -> dict[str, Any]:
    facts = study(*runs, **trace)
    return ai_state(facts, current_runs(runs))


FOUND = {"result_status": "preliminary", "evaluable": True, "finding_count": 2}
NO_LIVER = {"en": "No liver.", "zh": "无肝。"}
MUTE = {"result_status": "preliminary", "evaluable": False, "result_reasons": (NO_LIVER,)}


def test_what_still_runs_is_shown_before_what_was_found():
    said = state_of(run(**FOUND), run(RunState.IN_PROGRESS, progress=0.25, revision=1))
    assert (said["state"], said["progress"]) == ("in_progress", 0.25)


def test_a_waiting_run_has_no_progress_rather_than_zero():
    assert state_of(run(RunState.SCHEDULED))["progress"] is None


def test_a_newer_revision_hides_the_older_one():
    older = run(RunState.CANCELED, fault=Fault.PLUGIN)
    assert state_of(older, run(revision=2, **FOUND))["state"] == "completed"


@pytest.mark.parametrize(("fault", "word"), [(Fault.INPUT, "not_evaluable"), (Fault.PLUGIN, "failed")])
def test_whose_fault_a_failure_is_decides_the_word(fault, word):
    said = state_of(run(RunState.CANCELED, fault=fault, reasons=[{"en": "x", "zh": "y"}]))
    assert (said["state"], said["fault"], said["reasons"]) == (word, fault, [{"en": "x", "zh": "y"}])


def test_a_run_that_a_person_stopped_has_not_failed():
    said = state_of(run(RunState.CANCELED))
    assert (said["state"], said["fault"]) == ("none", None)
    assert said["reasons"] != []
    other = run(**FOUND)
    other.run.series_id = UUID(int=2)
    assert state_of(run(RunState.CANCELED), other)["state"] == "completed"


def test_an_app_that_could_not_evaluate_is_no_normal():
    said = state_of(run(**MUTE))
    assert said["state"] == "not_evaluable"
    assert said["finding_count"] is None
    assert said["reasons"] == [{"en": "No liver.", "zh": "无肝。"}]


def test_findings_of_one_series_are_shown_though_another_was_mute():
    other = run(**MUTE)
    other.run.series_id = UUID(int=2)
    said = state_of(run(**FOUND), other)
    assert said["state"] == "completed"
    assert said["reasons"] == [NO_LIVER]


def test_what_could_not_be_judged_is_said_once_whoever_says_it():
    other, slices = run(**MUTE), {"en": "Not evaluable: gap.", "zh": "无法评估：缺层。"}
    other.run.series_id = UUID(int=2)
    said = state_of(run(**FOUND), other, not_evaluable=(NO_LIVER, slices))
    assert said["reasons"] == [NO_LIVER, slices]


@pytest.mark.parametrize(("trace", "word"), [("not_evaluable", "not_evaluable"), ("why_no_run", "none")])
def test_a_result_that_late_images_ended_is_not_shown_as_one(trace, word):
    why = ({"en": "Two images at one place.", "zh": "同一位置有两幅图像。"},)
    said = state_of(run(**{**FOUND, "result_status": "superseded"}), **{trace: why})
    assert (said["state"], said["finding_count"], said["reasons"]) == (word, None, list(why))


def test_a_study_that_nobody_wanted_says_why():
    why = ({"en": "Modality is MR.", "zh": "成像方式为 MR。"},)
    assert state_of(why_no_run=why)["reasons"] == list(why)
    assert state_of(not_evaluable=why)["state"] == "not_evaluable"


def test_no_findings_yet_is_no_review_state():
    assert review_state([run()]) is None


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (("unreviewed", "unreviewed"), "unreviewed"),
        (("accepted", "unreviewed"), "partly"),
        (("accepted", "rejected"), "reviewed"),
    ],
)
def test_review_state_counts_the_words_given(states, word):
    assert review_state([run(**FOUND, review_states=states)]) == word


def test_age_is_none_where_a_date_is_missing():
    assert age_years(None, date(2026, 1, 1)) is None
    assert age_years(date(2000, 5, 2), None) is None
    assert age_years(date(2000, 5, 2), date(2026, 5, 1)) == 25
