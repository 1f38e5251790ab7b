"""The label map that an app drew lies beside its run, the same bytes under the same key each time."""

import numpy as np
from tests import spots

from allward.results.assess import _drawn
from allward.results.label_maps import keep_label_map
from allward.storage.place import storage
from allward.studies.models import Instance
from allward.tenancy.scope import within
from allward_dicom.volume import read_volume
from allward_sdk.results import PluginUse

USE = PluginUse(slot="spots.detector", id="org.test.spots", version="1.0.0", digest="c" * 64)


def test_what_an_app_drew_is_stored_once_and_shown_with_its_labels(desk):
    with within(desk.scene.system):
        keys = Instance.objects.filter(series_id=desk.scene.series_id).values_list("storage_key", flat=True)
        series = read_volume([storage().path(key) for key in keys])
        said = spots.drawn(desk.case, desk.points[:2], USE)
        run = desk.result().run
        shown, again = (_drawn(run, series, said, corrects=True) for _ in range(2))
        assert shown == again
        assert str(run.pk) in shown["labelmap_key"]
        assert said.labels_kji is not None
        assert shown["labelmap_key"] == keep_label_map(run.tenant_id, run.pk, said.labels_kji)
        assert [segment["value"] for segment in shown["segments"]] == [1, 2]
        assert shown["geometry"] == series.geometry.to_json()
        nothing = said.model_copy(update={"labels_kji": None, "labels": (), "findings": ()})
        assert _drawn(run, series, nothing, corrects=False) == {}
        empty = _drawn(run, series, nothing, corrects=True)
        assert (empty["labelmap_key"], empty["labels"]) == ("", [])
    assert np.array_equal(desk.labels(), said.labels_kji)
