"""A plug-in whose results the platform cannot keep is refused aloud, before anything is computed."""

from tests.flow.pipeline.working import MODELS, SPEC, item, settle, work_off
from tests.platform_database import inside, make_hospital
from tests.small_study import receive, write_small_study
from tests.unit.runner.chain_plugin import write_chain_plugin

from allward.config.installing import install_with_rules
from allward.registry.actions import import_build
from allward.results.models import Result
from allward.runs.states import Fault
from allward.tenancy.scope import Scope
from allward_sdk.package import pack


def test_a_plugin_that_finds_boxes_fails_with_words_and_leaves_no_result(tmp_path):
    hospital = make_hospital()
    package = pack(write_chain_plugin(tmp_path / "chain", slot="any_imaging.segmentation"), tmp_path)
    with inside(hospital):
        version = import_build(package.path, models_folder=MODELS)
    install_with_rules(version, Scope.of_tenant(hospital.tenant_id, actor="test"), department="imaging")
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=41, spec=SPEC))
    settle()
    assert work_off(hospital) == 1  # without an engine: it was not asked
    ai = item(hospital, study_id)["ai"]
    assert (ai["state"], ai["fault"]) == ("failed", Fault.PLATFORM)
    assert "spots (detection_3d)" in ai["reasons"][0]["en"]
    with inside(hospital):
        assert not Result.objects.exists()
