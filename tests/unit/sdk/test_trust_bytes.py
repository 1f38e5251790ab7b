"""No byte of a signed package can be another one."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.refused.signed_packages import Workshop, flipped, open_workshop

from allward_sdk.errors import ManifestError, UntrustedError
from allward_sdk.trust.envelope import verify_package

REFUSED = (ManifestError, UntrustedError)
SLOW = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return open_workshop(tmp_path_factory.mktemp("shop"))


def refused(shop: Workshop, content: bytes) -> None:
    path: Path = shop.folder / "changed.allward"
    path.write_bytes(content)
    with pytest.raises(REFUSED, match=r"changed\.allward: "):
        verify_package(path, shop.trust())


def test_one_bit_flipped_in_any_byte_is_refused(shop: Workshop) -> None:
    good = shop.good
    for at in range(len(good)):
        refused(shop, flipped(good, at))


@SLOW
@given(data=st.data())
def test_one_byte_that_is_another_anywhere_is_refused(shop: Workshop, data: st.DataObject) -> None:
    good = shop.good
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.integers(1, 255))
    refused(shop, good[:at] + bytes([good[at] ^ other]) + good[at + 1 :])


@SLOW
@given(data=st.data())
def test_bytes_that_are_added_left_out_or_repeated_anywhere_are_refused(
    shop: Workshop, data: st.DataObject
) -> None:
    good = shop.good
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(good))] * 2)))
    added = data.draw(st.one_of(st.binary(max_size=20), st.just(good[begin:end] * 2)))
    changed = good[:begin] + added + good[end:]
    if changed != good:
        refused(shop, changed)


@SLOW
@given(data=st.data())
def test_damage_in_several_places_is_refused(shop: Workshop, data: st.DataObject) -> None:
    good = shop.good
    changed = bytearray(good)
    for place in data.draw(st.lists(st.integers(-len(good), -1), min_size=1, max_size=8)):
        changed[place] = data.draw(st.integers(0, 255))
    if bytes(changed) != good:
        refused(shop, bytes(changed))
