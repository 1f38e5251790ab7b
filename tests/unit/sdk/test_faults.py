"""What a vendor is told of a `plugin.toml` that is wrong: the place, what is wanted, what is there."""

from pathlib import Path

import pytest
from tests.unit.sdk.small_plugin import MANIFEST

from allward_sdk.check import check
from allward_sdk.errors import ManifestError
from allward_sdk.manifest import parse_manifest, read_manifest
from allward_sdk.manifest_text import read_manifest_text

GOOD = MANIFEST.replace("SHA256", "0" * 64)
CLIP = '{ do = "clip", low = -200.0, high = 200.0 }'
TYPE = 'type = { scheme = "SCT", value = "10200004", meaning = "Liver" }\n'
LICENCES = '[licences]\ncode = "Apache-2.0"\nweights = "Apache-2.0"\n'


def faults(old: str, new: str) -> list[str]:
    assert GOOD.count(old) >= 1
    with pytest.raises(ManifestError) as refused:
        parse_manifest(GOOD.replace(old, new))
    first, *rest = str(refused.value).splitlines()
    return rest or [first]


ONE_FAULT = [
    ("org.example.small-one", "org.example.骨", "plugin.id: wanted is a domain name turned round"),
    ("org.example.small-one", "org.example.bоne", "as org.example.nodules, not 'org.example.bоne'"),
    ('"1.2.0"', '"１.2.0"', "plugin.version: wanted are plain digits, not '１.2.0'"),
    ('"1.2.0"', '"1.2"', "plugin.version: wanted is three numbers"),
    ('name = "liver"', 'name = "肝"', "labels.0.name: wanted is a name of a-z"),
    (LICENCES, "", "licences: is missing"),
    ('weights = "Apache-2.0"\n', "", "licences.weights: is missing"),
    (TYPE, "", "labels.0.type: is missing (in 'liver')"),
    (CLIP, '{ do = "resample", spacing_mm = [0.0, 1.0, 1.0] }', "prepare.0.spacing_mm.0: input should be"),
    (CLIP, '{ do = "resample", spacing_mm = [1.0, 1.0] }', "prepare.0.spacing_mm.2: is missing (in 'only')"),
    (CLIP, '{ do = "clip", low = 200.0, high = -200.0 }', "prepare.0: low must be below high"),
    (CLIP, '{ do = "clip", low = nan, high = 200.0 }', "prepare.0.low: input should be a finite number"),
    (CLIP, '{ do = "clip", low = -inf, high = 200.0 }', "prepare.0.low: input should be a finite number"),
    (CLIP, '{ do = "normalise", scope = "given", mean = 40 }', 'scope "given" needs mean and std'),
    (CLIP, '{ do = "normalise", scope = "volume", std = 2 }', 'belong to scope "given", not to "volume"'),
    (CLIP, '{ do = "sharpen" }', "prepare.0: 'sharpen' is none of 'crop_to_body'"),
    ('"RAS"', '"ras"', "stages.0.input.orientation: wanted is where each axis grows to"),
    ('"RAS"', '"ARS"', "as RAS or SPL, not 'ARS' (in 'only')"),
    ("memory_mib = 100", 'memory_mib = "3 GB"', "resources.memory_mib: input should be a valid integer"),
    ("memory_mib = 100", 'memory_mib = "3 GB"', "not '3 GB'"),
    ('vendor = "Example"', "vendor = “Example”", "line 8, column 10): vendor = “Example”"),
    ('model = "small"', 'model = "small"\noperation = "segmentation"', "'segmentation' is none of 'sliding_"),
    ('model = "small"', 'model = "big"', "stages.only.model: no model is named 'big'"),
]


@pytest.mark.parametrize(("old", "new", "words"), ONE_FAULT)
def test_a_fault_is_told_once_with_its_place_and_what_is_wanted(old: str, new: str, words: str) -> None:
    (told,) = faults(old, new)
    assert words in told


def test_every_name_that_leads_nowhere_is_told_at_once() -> None:
    wrong = GOOD.replace('model = "small"', 'model = "big"').replace('["liver"]', '["spleen"]')
    with pytest.raises(ManifestError) as refused:
        parse_manifest(wrong, source="bone/plugin.toml")
    assert str(refused.value).splitlines() == [
        "bone/plugin.toml:",
        "stages.only.model: no model is named 'big'",
        "stages.only.output.labels: no label is named 'spleen'",
    ]


@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_files_of_windows_editors_are_read(tmp_path: Path, mark: str) -> None:
    content = mark + GOOD.replace("\n", "\r\n")
    (tmp_path / "plugin.toml").write_bytes(content.encode())
    assert read_manifest(tmp_path / "plugin.toml") == parse_manifest(GOOD)
    assert read_manifest_text(content.encode(), source="here") == parse_manifest(GOOD)


def test_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "plugin.toml"
    file.write_bytes(GOOD.encode("gbk"))
    with pytest.raises(ManifestError, match=r"plugin\.toml: line \d+: not UTF-8: save the file in this"):
        read_manifest(file)
    with pytest.raises(ManifestError, match=r"here: line \d+: not UTF-8"):
        read_manifest_text(file.read_bytes(), source="here")


def test_the_check_names_the_file_before_each_fault(tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text(GOOD.replace('"RAS"', '"ras"').replace(TYPE, ""), encoding="utf-8")
    (result,) = check(tmp_path)
    assert len(result.faults) == 2
    for fault, place in zip(result.faults, ("stages.0.input.orientation", "labels.0.type"), strict=True):
        assert fault.startswith(f"{tmp_path / 'plugin.toml'}: {place}: ")
