"""Optional slots of an app: a rule fills one for the runs that other rules begin, and begins none itself."""

import pytest
from tests.flow.pipeline.working import MODELS, SPEC, settle
from tests.platform_database import inside, make_hospital
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.routing.models import RoutingRule
from allward.runs.models import AppRun, DecisionTrace, RunJob
from lung_nodule.logic.app import DETECTOR, SEGMENTER

MARKS = SmallPlugin(plugin_id="org.test.marks", fills=DETECTOR)
DRAWS = SmallPlugin(plugin_id="org.test.draws", fills=SEGMENTER)


@pytest.fixture
def hospital():
    return make_hospital()


def received(hospital, folder, seed: int) -> None:
    receive(hospital, write_small_study(folder / f"study-{seed}", seed=seed, spec=SPEC))
    settle()


def test_a_plugin_in_an_optional_slot_takes_part_in_the_run_of_the_needed_one(hospital, tmp_path):
    for plugin in (MARKS, DRAWS):
        install_small_plugin(hospital, tmp_path, MODELS, plugin)
    received(hospital, tmp_path, 301)
    with inside(hospital):
        run = AppRun.objects.get()
        assert set(run.plugin_digests) == {DETECTOR, SEGMENTER}
        assert {need.slot for need in RunJob.objects.filter(run=run)} == {DETECTOR, SEGMENTER}
        clauses = {trace.clause: trace.ran for trace in DecisionTrace.objects.all()}
        assert clauses == {"matched": True, "optional_slot": False}


def test_alone_it_begins_no_run(hospital, tmp_path):
    install_small_plugin(hospital, tmp_path, MODELS, DRAWS)
    received(hospital, tmp_path, 302)
    with inside(hospital):
        assert not AppRun.objects.exists()
        assert DecisionTrace.objects.get().clause == "optional_slot"


def test_one_whose_rule_is_off_or_does_not_want_the_series_stays_out(hospital, tmp_path):
    install_small_plugin(hospital, tmp_path, MODELS, MARKS)
    wanting = SmallPlugin(plugin_id="org.test.draws", fills=SEGMENTER, min_slices=500)
    install_small_plugin(hospital, tmp_path, MODELS, wanting)
    received(hospital, tmp_path, 303)
    with inside(hospital):
        assert set(AppRun.objects.get().plugin_digests) == {DETECTOR}
        RoutingRule.objects.filter(slot=SEGMENTER).update(enabled=False)
    received(hospital, tmp_path, 304)
    with inside(hospital):
        assert all(set(run.plugin_digests) == {DETECTOR} for run in AppRun.objects.all())
