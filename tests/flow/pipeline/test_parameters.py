"""Values of parameters from trace to report, and what objects say against a withdrawn version."""

import pydicom
import pytest
from tests.flow.delivery.nodes import StoreScp, free_port
from tests.flow.pipeline.working import MODELS, SPEC, newest_result, review_all, settle, work_off
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, study_of, write_small_study

from allward.delivery.actions import add_destination
from allward.delivery.recall import studies_delivered_with
from allward.delivery.send import Peer
from allward.registry.actions import set_parameters, yank
from allward.registry.models import Installation
from allward.results.models import ObjectKind, Result, ResultObject
from allward.routing.actions import change_rule
from allward.routing.models import RoutingRule
from allward.routing.route import route_study
from allward.runs.models import AppRun, DecisionTrace, Job
from allward.storage.place import storage
from allward.studies.events import StudyCompleted

PLUGIN = SmallPlugin(version="7.0.0", least=0.2)


@pytest.fixture
def hospital(tmp_path):
    made = make_hospital()
    install_small_plugin(made, tmp_path, MODELS, PLUGIN)
    return made


def reports(hospital) -> list[pydicom.Dataset]:
    with inside(hospital):
        rows = ResultObject.objects.filter(kind=ObjectKind.SR).select_related("instance")
        return [
            pydicom.dcmread(storage().path(row.instance.storage_key)) for row in rows.order_by("created_at")
        ]


def route_again(hospital, study_id) -> None:
    with inside(hospital):
        route_study(StudyCompleted(study_id=study_id))
    run_pipeline()


def test_a_value_reaches_the_engine_and_is_named_from_the_trace_to_the_report(hospital, tmp_path, engine):
    with inside(hospital):
        set_parameters(Installation.objects.get().pk, {"sure": 0.9})
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=81, spec=SPEC))
    settle()
    with inside(hospital):
        trace = DecisionTrace.objects.get(study_id=study_id)
        assert trace.detail["en"].endswith("Parameters: Least probability: 0.9.")
        assert trace.detail["zh"].endswith("参数：最低概率：0.9。")
        assert Job.objects.get().parameters == {"sure": 0.9}
    assert work_off(hospital) == 1
    result = newest_result(hospital)
    assert result.case_result["plugins"][0]["parameters"] == {"sure": 0.9}
    assert result.plugins[0]["parameters"][0]["said"] == {"en": "0.9", "zh": "0.9"}
    (report,) = reports(hospital)
    assert "sure=0.9" in str(report)
    with inside(hospital):
        rule = RoutingRule.objects.get()
        change_rule(rule, parameters={"sure": 0.2})
    route_again(hospital, study_id)
    with inside(hospital):
        assert [job.parameters for job in Job.objects.order_by("pk")] == [{"sure": 0.9}, {"sure": 0.2}]
    assert work_off(hospital) == 1
    later = newest_result(hospital)
    volumes = [one.case_result["summary"]["liver_volume"]["value"] for one in (result, later)]
    assert volumes[0] < volumes[1]  # the higher the probability that is asked, the less is outlined
    with inside(hospital):
        change_rule(rule, parameters={"sure": 0.9})
    route_again(hospital, study_id)
    with inside(hospital):
        assert (AppRun.objects.count(), Job.objects.count()) == (2, 2)  # the first one computed it already


def test_a_rule_that_says_the_default_shares_the_job_of_no_value(hospital, tmp_path):
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=82, spec=SPEC))
    settle()
    with inside(hospital):
        change_rule(RoutingRule.objects.get(), parameters={"sure": 0.5})
    route_again(hospital, study_id)
    with inside(hospital):
        assert (AppRun.objects.count(), Job.objects.get().parameters) == (1, {})
        assert AppRun.objects.get().parameters == {}


def test_what_was_delivered_with_a_withdrawn_version_is_listed_and_new_objects_say_so(
    hospital, tmp_path, engine
):
    received = tmp_path / "received"
    received.mkdir()
    node = StoreScp(received, free_port(), ())
    try:
        with inside(hospital):
            peer = Peer("127.0.0.1", node.port, "PACS", "ALLWARD")
            add_destination(name="PACS", peer=peer, sends_unreviewed=True, for_research=True)
        study_id = receive(hospital, write_small_study(tmp_path / "study", seed=83, spec=SPEC))
        settle()
        work_off(hospital)
        run_pipeline()
        with inside(hospital):
            installation = Installation.objects.get()
            version_id = installation.plugin_version_id
            (listed,) = studies_delivered_with(hospital.tenant_id, version_id)
            yank(installation.pk, reason="left and right are swapped")
        assert listed.study_instance_uid == study_of(hospital, study_id).study_instance_uid
        assert (listed.objects, listed.destinations) == (2, ("PACS",))
        assert listed.last_at is not None
        review_all(hospital, newest_result(hospital))
        run_pipeline()
    finally:
        node.stop()
    before, after = reports(hospital)
    assert "withdrawn" not in before.SeriesDescription
    assert after.SeriesDescription == "Allward AI report (research, withdrawn)"
    assert "This version of the plug-in was withdrawn: left and right are swapped" in str(after)
    assert after.ContributingEquipmentSequence[0].ContributionDescription.startswith("This version")
    with inside(hospital):
        assert Result.objects.count() == 1
