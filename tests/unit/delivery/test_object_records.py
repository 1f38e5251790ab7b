"""What is left of a result's records once a person has rejected some of them."""

import numpy as np

from allward.results.object_records import arrays_of_kept, without_rejected
from allward.storage.arrays import pack_arrays, unpack_arrays
from allward_sdk.found import VolumeMap, channel_id, record_id
from allward_sdk.parts import Code, Localised
from allward_sdk.results import Finding
from allward_sdk.writings import Text

TITLE = Localised(en="Thing", zh="东西")
CODE = Code(scheme="SCT", value="10200004", meaning="Liver")
HEAT = VolumeMap(
    stage="heat", labels=("a", "b", "c"), meaning=TITLE, values="v",
    index_to_lps_mm=((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
)  # fmt: skip
TEXT = Text(stage="said", title=TITLE, concept=CODE, paragraphs=(TITLE,))
ARRAYS = {"v": np.arange(24, dtype=np.float32).reshape(3, 2, 2, 2)}


def rejected(record: str) -> Finding:
    return Finding(id=record, kind="map", label=CODE, title=TITLE, tracking_uid="2.25.1", record=record)


def test_a_map_keeps_the_labels_that_nobody_rejected_and_their_values():
    kept = without_rejected((HEAT, TEXT), [rejected(channel_id(HEAT, "b"))])
    assert [record_id(record) for record in kept] == ["volume_map/heat", "text/said"]
    assert kept[0].labels == ("a", "c")
    needed = arrays_of_kept((HEAT, TEXT), kept, ARRAYS)
    np.testing.assert_array_equal(needed["v"], ARRAYS["v"][[0, 2]])


def test_a_map_without_a_label_left_and_a_rejected_record_are_gone():
    removed = [rejected(channel_id(HEAT, label)) for label in HEAT.labels]
    assert without_rejected((HEAT, TEXT), [*removed, rejected(record_id(TEXT))]) == ()


def test_what_nobody_rejected_stays_as_it_is():
    kept = without_rejected((HEAT, TEXT), [])
    assert kept == (HEAT, TEXT)
    np.testing.assert_array_equal(arrays_of_kept((HEAT, TEXT), kept, ARRAYS)["v"], ARRAYS["v"])


def test_arrays_come_back_as_they_went_and_the_same_arrays_give_the_same_bytes():
    arrays = {"file": np.asarray([1.5, np.nan], np.float32), "a.b": np.zeros((2, 0), np.int32)}
    content = pack_arrays(arrays)
    assert content == pack_arrays(dict(reversed(arrays.items())))
    back = unpack_arrays(content)
    assert back.keys() == arrays.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(back[name], values)
        assert back[name].dtype == values.dtype
