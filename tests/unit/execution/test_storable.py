"""The platform says before it computes what it could not keep."""

import pytest
from tests.unit.engine import nets
from tests.unit.engine.graphs import manifest, stage
from tests.unit.engine.test_detection import detector

from allward.execution.storable import UnstorableError, refuse_unstorable


def test_outlines_are_kept():
    refuse_unstorable(manifest([stage("liver", window=(8, 8, 8), labels=["liver"])], {"liver": "0" * 64}))


def test_other_results_are_refused_by_name(tmp_path):
    plugin = nets.manifest([detector(tmp_path)], {"nodules": "0" * 64}, ["nodule"])
    with pytest.raises(UnstorableError, match=r"nodules \(detection_3d\)"):
        refuse_unstorable(plugin)
