"""What the lung nodule app drafts goes through signatures, paper, HL7 and FHIR as it is."""

import io
from uuid import uuid4

import hl7
import pytest
from fhir.resources.R4B.bundle import Bundle
from pypdf import PdfReader
from tests.flow.delivery.scene import _plugin_version, new_scene, run_steps
from tests.flow.reporting.desk import Desk
from tests.flow.reporting.ris import listening
from tests.unit.lung_nodule.nodule_findings import nodule

from allward.reporting import actions
from allward.reporting.drafting import advice_now, counsel_of, draft_of
from allward.reporting.fhir_report import bundle_of
from allward.reporting.pdf import pdf_of
from allward.reporting.queries import released, verified_version
from allward.reporting.working import read_working
from allward.results.actions import Shown, store_result
from allward.results.models import Result
from allward.runs.models import AppRun
from allward.studies.models import Series
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import within
from allward_sdk.results import CaseResult, PluginUse
from lung_nodule.logic.sentences import CUT_BELOW

SIZES = {"mean_diameter_mm": 8.4, "volume_mm3": 310.0}


@pytest.fixture
def desk(tmp_path) -> Desk:
    scene = new_scene(tmp_path)
    with within(scene.system):
        series = Series.objects.select_related("study").get()
        run = AppRun.objects.create(
            study=series.study, series=series, app="lung_nodule", app_version="1.0.0", revision=1,
            input_digest=series_input_digest(series.pk), key=uuid4().hex + uuid4().hex,
            research_only=False,
        )  # fmt: skip
        version = _plugin_version()
        use = PluginUse(
            slot="lung_nodule.detector", id=version.plugin_id, version=version.version, digest=version.digest
        )
        case = CaseResult(
            study_instance_uid=series.study.study_instance_uid, app="lung_nodule", version="1.0.0",
            series_instance_uid=series.series_instance_uid, plugins=(use,), evaluable=True,
            findings=(
                nodule("1", mm=8.4, words={"kind": "solid", "lobe": "right upper lobe"}, **SIZES),
                nodule("2", mm=34.0, words={"kind": "solid", "lobe": "left lower lobe"}, mean_hu=None),
                nodule("3", mm=5.0),
            ),
        )  # fmt: skip
        result = store_result(
            run=run, case_result=case, reasons=[CUT_BELOW.model_dump()], shown=Shown("", None, [], [])
        )
    scene.review(result, "accept", "accept", "reject")
    return Desk(scene, result)


def begin(desk: Desk) -> None:
    with within(desk.wang):
        result = Result.objects.select_related("run").get(pk=desk.result.pk)
        counsel = counsel_of(result)
        report = actions.draft_report(result.pk, draft_of(result, counsel), counsel, author_name="王医师")
    desk.report_id = report.pk


def signed(desk: Desk) -> None:
    for scope, act in ((desk.wang, actions.sign_report), (desk.zhao, actions.verify_report)):
        with within(scope):
            result = Result.objects.select_related("run").get(pk=desk.result.pk)
            act(
                desk.report_id, revision=desk.report().revision, author_name=scope.actor,
                advice=advice_now(result),
            )  # fmt: skip


def test_accepted_nodules_are_reported_in_both_languages_and_a_rejected_one_is_not(desk):
    begin(desk)
    working = read_working(desk.report().working)
    told = {line.finding_id for lines in working.values() for line in lines if line.finding_id}
    records = {row.finding["id"]: str(row.pk) for row in desk.findings()}
    assert told == {records["1"], records["2"]}
    assert all(line.text.en and line.text.zh for lines in working.values() for line in lines)
    assert all(working[name] for name in working), "no section is empty"


def test_what_the_images_do_not_show_of_the_lungs_is_drafted_too(desk):
    begin(desk)
    lines = read_working(desk.report().working)["findings"]
    assert any(CUT_BELOW.en in line.text.en and CUT_BELOW.zh in line.text.zh for line in lines)


def test_the_signed_words_of_the_app_reach_paper_the_ris_and_fhir(desk):
    begin(desk)
    with listening() as ris:
        with within(desk.wang):
            actions.add_connection(
                actions.ConnectionSettings(name="RIS", kind="hl7_mllp", host="127.0.0.1", port=ris.port)
            )
        signed(desk)
        run_steps()
        message = hl7.parse(ris.received[0])
    with within(desk.scene.system):
        report = released(verified_version(desk.report()))
    impression = report.written.text_of("impression", "zh")
    (row,) = [each for each in message.segments("OBX") if "19005-8" in str(each(3))]
    sent = message.unescape(str(row(5)).replace("\\.br\\", " "))
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(report, "zh"))).pages)
    for sentence in impression:
        assert sentence in sent
        assert "".join(sentence.split()) in "".join(paper.split())
    Bundle.model_validate(bundle_of(report, pdfs={}))
    assert len(report.written.findings) == 2
