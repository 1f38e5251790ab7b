from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allward_sdk.errors import ManifestError
from allward_sdk.manifest import read_manifest
from allward_sdk.manifest_text import MOST_BYTES, read_manifest_text

MANY = 100_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = " + b"[" * MANY, "too deep"),
        (b"a = " + b"{a=" * MANY, "too deep"),
        (b"\n\na" + b".a" * MANY + b" = 1", "line 3: a key of more than 8 parts"),
        (b"[a" + b".a" * MANY + b"]", "line 1: a key of more than 8 parts"),
        (b"x = { a" + b" . a" * MANY + b" = 1 }", "line 1: a key of more than 8 parts"),
        (b'"a.b"' + b'."a.b"' * MANY + b" = 1", "line 1: a key of more than 8 parts"),
        (b"'''a.b\n'''\n# a.b\n[a" + b".'a'" * MANY + b"]", "line 4: a key of more than 8 parts"),
        (b"contract = " + b"9" * MANY, "not valid TOML"),
        (b" " * (MOST_BYTES + 1), "larger than 1 MiB"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_manifest_that_is_made_to_wear_the_reader_out_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ManifestError, match=words) as refused:
        read_manifest_text(content, source="x.allward: plugin.toml")
    assert str(refused.value).startswith("x.allward: plugin.toml: ")


def test_texts_and_numbers_with_many_full_stops_are_no_keys(plugin_folder: Path) -> None:
    file = plugin_folder / "plugin.toml"
    text = file.read_text(encoding="utf-8").replace('"For tests."', f'"Finds {"a.b." * 50} ends."')
    text = f"# {'a.' * 50}\n" + text.replace("low = -200.0", "low = -200.00000").replace(
        '"小"', f"'{'小.' * 9}'"
    )
    file.write_text(text, encoding="utf-8")
    assert read_manifest_text(text.encode(), source="here") == read_manifest(file)


@settings(deadline=None)
@given(st.text(alphabet="a.=\"'#\n[]{} \\1,", max_size=200))
def test_any_text_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ManifestError, match="here"):
        read_manifest_text(text.encode(), source="here")
