"""What a version changes is told place by place, and nothing else is."""

from typing import Any

from allward.publishing.differences import changes

BEFORE: dict[str, Any] = {
    "contract": 1,
    "plugin": {"id": "org.a.b", "version": "1.0.0", "title": {"en": "A", "zh": "甲"}},
    "wants": {"modality": ["CT"], "min_slices": 5},
    "labels": [{"name": "liver", "value": 1}, {"name": "lesion", "value": 2}],
    "models": {"net": {"file": "models/net.onnx", "sha256": "a" * 64}},
    "fills": ["any_imaging.segmentation"],
}


def found(**parts):
    return [(one.part, one.path, one.before, one.after) for one in changes(BEFORE, {**BEFORE, **parts})]


def test_the_version_itself_is_no_change():
    assert found(plugin={**BEFORE["plugin"], "version": "1.1.0"}) == []


def test_a_number_a_digest_and_a_list_are_told_with_both_values():
    assert found(wants={"modality": ["CT", "MR"], "min_slices": 9}) == [
        ("wants", "modality", ["CT"], ["CT", "MR"]),
        ("wants", "min_slices", 5, 9),
    ]
    net = {"net": {"file": "models/net.onnx", "sha256": "b" * 64}}
    assert found(models=net) == [("models", "net.sha256", "a" * 64, "b" * 64)]


def test_what_bears_a_name_is_compared_by_name_wherever_it_stands():
    turned = list(reversed(BEFORE["labels"]))
    assert found(labels=turned) == []
    assert found(labels=[BEFORE["labels"][0], {"name": "cyst", "value": 2}]) == [
        ("labels", "lesion", {"name": "lesion", "value": 2}, None),
        ("labels", "cyst", None, {"name": "cyst", "value": 2}),
    ]


def test_a_text_in_two_languages_is_one_place():
    title = {"en": "B", "zh": "甲"}
    assert found(plugin={**BEFORE["plugin"], "title": title}) == [
        ("plugin", "title", {"en": "A", "zh": "甲"}, title)
    ]


def test_a_part_that_is_new_or_gone_is_told_as_a_whole():
    gone = {name: part for name, part in BEFORE.items() if name != "labels"}
    told = [(one.part, one.before, one.after) for one in changes(BEFORE, gone)]
    assert told == [("labels", BEFORE["labels"], None)]
    assert found(parameters=[{"name": "x"}]) == [("parameters", "", None, [{"name": "x"}])]


def test_what_matters_most_is_told_first():
    parts = [
        part
        for part, *_ in found(
            contract=2, fills=["x.y"], models={}, licences={"code": "MIT"}, resources={"memory_mib": 1}
        )
    ]
    assert parts == ["models", "fills", "resources", "licences", "contract"]
