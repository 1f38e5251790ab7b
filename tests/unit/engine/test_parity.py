"""A model runs in reduced arithmetic only where a report proves that the plug-in still says the same."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.unit.engine.graphs import bright, geometry, manifest, stage

from allward_engine.agreement import Agreement, dice
from allward_engine.device import choose_runtime
from allward_engine.local import run_locally
from allward_engine.parity import gate, on_device
from allward_engine.requests import SegmentRequest, SegmentResult
from allward_engine.residency import Models
from allward_engine.sessions import Identity, ModelSpec, RuntimeOptions
from allward_engine.sessions.precision import (
    Figure,
    Report,
    precisions,
    processor_name,
    report_file,
    write_report,
)
from allward_sdk.errors import UsageError
from allward_sdk.found import Candidate, Classified, Detections

WINDOW = (12, 12, 12)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OPENVINO = Identity("openvino", "1", "a processor")


def request_for(digest):
    m = manifest([stage("net", window=WINDOW, labels=["bone"])], {"net": digest})
    return SegmentRequest(job_id="j", tenant="t", manifest=m, geometry=geometry(WINDOW))


def steps(count):
    """A volume of clear steps: half of it far below a threshold at 100, half far above."""
    volume = np.zeros(WINDOW, np.int16)
    volume[: count // 2] = 400
    return volume


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def run_gate(folder, digest, volume):
    if "bfloat16" not in choose_runtime("openvino", threads=1).precisions:
        pytest.skip("this processor has no bfloat16")
    (report,) = gate([(request_for(digest), volume)], "bfloat16", on_device(folder, "openvino"), made_at=AT)
    return report


def test_what_bfloat16_does_not_change_passes(folder):
    digest = bright(folder, WINDOW, above=100, steep=0.02)
    report = run_gate(folder, digest, steps(12))
    assert report.passed
    assert report.figures == (Figure("Dice of bone", 1.0, 0.999, True),)
    assert report.identity.hardware == processor_name()
    assert report.inputs == run_gate(folder, digest, steps(12)).inputs
    assert report == run_gate(folder, digest, steps(12))


def blurred(folder):
    """A net of many products whose sum lies near the threshold: what 8 bits of mantissa cannot tell apart."""
    from onnx import helper
    from tests.unit.engine.graphs import write_graph

    weights = np.full((1, 1, 3, 3, 3), 1 / 27, np.float32)
    return write_graph(
        folder,
        [
            helper.make_node("Conv", ["x", "w"], ["c"], pads=[1] * 6, kernel_shape=[3, 3, 3]),
            helper.make_node("Sub", ["c", "above"], ["d"]),
            helper.make_node("Sigmoid", ["d"], ["y"]),
        ],
        {"w": weights, "above": np.float32(1000.5)},
        WINDOW,
        [1, 1, *WINDOW],
    )


def test_what_bfloat16_changes_fails(folder):
    digest = blurred(folder)
    report = run_gate(folder, digest, np.random.default_rng(2).integers(990, 1012, WINDOW).astype(np.int16))
    assert not report.passed
    assert report.figures[0].worst < 0.999


def test_a_label_that_no_image_shows_is_not_proven(folder):
    report = run_gate(folder, bright(folder, WINDOW, above=2000, steep=0.02), steps(12))
    assert report.figures[0].worst is None
    assert not report.passed


def test_a_precision_that_the_device_lacks_is_refused(folder):
    digest = bright(folder, WINDOW, above=100)
    one = [(request_for(digest), steps(12))]
    with pytest.raises(UsageError, match="not in float16"):
        gate(one, "float16", on_device(folder, "openvino"), made_at=AT)
    with pytest.raises(UsageError, match="float32 alone"):
        gate(one, "bfloat16", on_device(folder, "onnxruntime"), made_at=AT)
    with pytest.raises(UsageError, match="at least one volume"):
        gate([], "bfloat16", on_device(folder, "openvino"), made_at=AT)


def test_a_session_is_reduced_only_beside_a_report_that_says_so(folder):
    digest = bright(folder, WINDOW, above=100, steep=0.02)
    spec = ModelSpec(digest, "x", ("y",), (1, *WINDOW))
    options = RuntimeOptions(precision="bfloat16", reports=folder)

    def device():
        runtime = choose_runtime("openvino", threads=1, options=options)
        return Models(folder, runtime, budget_mib=100).get(spec).device

    assert device() == "OpenVINO CPU"
    report = run_gate(folder, digest, steps(12))
    write_report(folder, report)
    assert device() == "OpenVINO CPU bfloat16"
    models = Models(folder, choose_runtime("openvino", threads=1, options=options), budget_mib=100)
    found = run_locally(request_for(digest), steps(12), models)
    assert found.device == "OpenVINO CPU bfloat16", "a result says what arithmetic made it"
    for other in (
        replace(report, identity=replace(report.identity, hardware="another processor")),
        replace(report, identity=replace(report.identity, version="1")),
        replace(report, figures=(replace(report.figures[0], worst=0.998),)),
        replace(report, figures=()),
    ):
        write_report(folder, other)
        assert device() == "OpenVINO CPU"
    path = report_file(folder, digest, runtime="openvino", precision="bfloat16")
    path.write_text("not a report", encoding="utf-8")
    assert device() == "OpenVINO CPU"


def test_a_report_for_another_model_does_not_count(folder):
    report = Report("a" * 64, "bfloat16", OPENVINO, ("i",), (Figure("x", 1.0, 0.9, True),), "now")
    write_report(folder, report)
    found = precisions(RuntimeOptions(precision="bfloat16", reports=folder), OPENVINO, ("bfloat16",))
    assert found("a" * 64) == "bfloat16"
    mine = report_file(folder, "a" * 64, runtime="openvino", precision="bfloat16")
    mine.rename(report_file(folder, "b" * 64, runtime="openvino", precision="bfloat16"))
    assert found("b" * 64) == "float32"
    assert found("a" * 64) == "float32"


def test_a_report_can_be_read_by_people_and_programs(folder):
    report = Report("a" * 64, "bfloat16", OPENVINO, ("i",), (Figure("Dice of x", None, 0.9, True),), "now")
    said = json.loads(write_report(folder, report).read_text(encoding="utf-8"))
    assert said["passed"] is False
    assert said["figures"] == [
        {"what": "Dice of x", "worst": None, "limit": 0.9, "at_least": True, "holds": False}
    ]
    assert [path.name for path in folder.iterdir()] == [f"{'a' * 64}.parity-openvino-bfloat16.json"]


MAPS = arrays.arrays(np.uint8, (4, 5, 6), elements=st.integers(0, 2))


@given(MAPS, MAPS)
def test_dice_is_one_only_between_equals(one, other):
    for value in (1, 2):
        found = dice(one, other, value)
        assert found == dice(other, one, value)
        assert (found == 1.0) == (np.array_equal(one == value, other == value) and (one == value).any())
        assert found is None or 0 <= found <= 1


def result(*found, stages=("s",), **more):
    return SegmentResult(labels_kji=None, stages_run=stages, found=found, **more)


def compared(one, other):
    agreement = Agreement({})
    agreement.add(one, other)
    (figure,) = agreement.figures()
    return figure


def classified(p, chosen=("a",)):
    return Classified(stage="s", probabilities={"a": p}, chosen=chosen, centre_lps_mm=(0, 0, 0))


def detected(*scores, centre=(0.0, 0.0, 0.0)):
    return Detections(
        stage="s",
        candidates=tuple(
            Candidate(number=n, label="a", score=score, centre_lps_mm=(centre[0] + 20 * n, *centre[1:]))
            for n, score in enumerate(scores, 1)
        ),
    )


def test_probabilities_may_change_by_a_hundredth():
    assert compared(result(classified(0.7)), result(classified(0.705))).holds
    assert not compared(result(classified(0.7)), result(classified(0.72))).holds
    assert not compared(result(classified(0.7)), result(classified(0.7, chosen=()))).holds


def test_a_candidate_that_is_lost_moved_or_new_fails():
    assert compared(result(detected(0.9, 0.8)), result(detected(0.895, 0.805))).holds
    for other in (detected(0.9), detected(0.9, 0.8, 0.7), detected(0.9, 0.8, centre=(3.0, 0.0, 0.0))):
        assert not compared(result(detected(0.9, 0.8)), result(other)).holds


def test_a_stage_that_no_longer_runs_fails():
    assert not compared(result(stages=("a", "b")), result(stages=("a",))).holds


def test_the_worst_of_all_volumes_counts():
    agreement = Agreement({})
    for change in (0.0, 0.02, 0.001):
        agreement.add(result(classified(0.5)), result(classified(0.5 + change)))
    assert agreement.figures()[0].worst == pytest.approx(0.02)
