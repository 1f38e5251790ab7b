"""What people read of a package is bounded, whatever its zip says."""

import io
import zipfile

from allward.publishing.contents import read_contents
from allward_sdk.package import MAX_CASE_BYTES, MAX_TEXT_BYTES


def archive(**texts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("MODEL_CARD.md", "LICENSE", "sbom.json"):
            file.writestr(name, texts.get(name, name))
        for name, text in texts.items():
            if name.startswith("acceptance/"):
                file.writestr(name, text)
    return zipfile.ZipFile(packed)


def test_the_texts_and_the_cases_of_a_package_are_read():
    contents = read_contents(
        archive(**{"acceptance/a/case.toml": "名", "acceptance/a/xcase.toml": "no case"})
    )
    assert (contents.model_card, contents.licence) == ("MODEL_CARD.md", "LICENSE")
    assert contents.cases == {"acceptance/a/case.toml": "名"}
    assert len(contents.entries) == 5


def test_no_more_of_a_text_is_read_than_it_may_have():
    contents = read_contents(
        archive(**{"MODEL_CARD.md": "a" * (MAX_TEXT_BYTES + 9), "acceptance/a/case.toml": "b" * (1 << 20)})
    )
    assert len(contents.model_card) == MAX_TEXT_BYTES
    assert len(contents.cases["acceptance/a/case.toml"]) == MAX_CASE_BYTES


def test_all_cases_together_are_bounded_too():
    many = {f"acceptance/{number}/case.toml": "c" * MAX_CASE_BYTES for number in range(50)}
    assert sum(map(len, read_contents(archive(**many)).cases.values())) == 1 << 20
