import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_package import make_package

from allward_sdk.trust import layout
from allward_sdk.trust.layout import Entry, layout_of

NAMES = st.from_regex(r"acceptance/[A-Za-z0-9_.-]{1,20}", fullmatch=True)
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=300), max_size=8)


def entry_of(name: str, content: bytes) -> Entry:
    return Entry(name, len(content), zlib.crc32(content))


def written(contents: dict[str, bytes]) -> bytes:
    found = layout_of([entry_of(name, content) for name, content in contents.items()])
    parts = zip(found.headers, contents.values(), strict=True)
    data = b"".join(header + content for header, content in parts) + found.directory
    assert len(data) == found.size
    return data


def test_a_package_is_laid_out_as_the_writer_of_packages_does_it(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    with zipfile.ZipFile(package) as archive:
        assert written({name: archive.read(name) for name in archive.namelist()}) == package.read_bytes()


@settings(deadline=None)
@given(CONTENTS)
def test_any_zip_program_reads_what_was_laid_out(contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(BytesIO(written(contents))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


@settings(deadline=None)
@given(CONTENTS, st.integers(1, 400))
def test_sizes_and_places_beyond_32_bits_go_into_the_zip64_fields(
    contents: dict[str, bytes], largest: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "_LARGE_FROM", largest)
        patch.setattr(layout, "_MANY_FROM", 3)
        data = written(contents)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_the_first_size_of_64_bits_is_the_one_that_32_cannot_tell() -> None:
    plain, large = (layout_of([Entry("x", size, 0)]) for size in (0xFFFFFFFE, 0xFFFFFFFF))
    assert len(large.headers[0]) == len(plain.headers[0]) + 20
    assert b"PK\6\6" in plain.directory, "the directory lies beyond 4 GiB although the entry does not"
    assert b"PK\6\6" not in layout_of([Entry("x", 0xFFFFFFFE - 31, 0)]).directory
