"""Which studies a shadow is given."""

from uuid import UUID

import pytest

from allward.kernel.ids import new_id
from allward.shadow.draw import is_drawn

UIDS = [f"1.2.826.0.1.{number}" for number in range(4000)]
KEY = UUID("018f9c6e-0000-7000-8000-000000000001")


def drawn(share_percent: float, shadow_id: UUID = KEY) -> set[str]:
    return {
        uid
        for uid in UIDS
        if is_drawn(shadow_id=shadow_id, study_instance_uid=uid, share_percent=share_percent)
    }


def test_nothing_is_drawn_of_no_share_and_all_of_the_whole():
    assert drawn(0) == set()
    assert drawn(100) == set(UIDS)


@pytest.mark.parametrize("share_percent", [1, 10, 50, 90])
def test_the_share_is_kept(share_percent):
    assert abs(len(drawn(share_percent)) / len(UIDS) - share_percent / 100) < 0.025


def test_the_same_study_is_drawn_whenever_it_is_asked_and_a_greater_share_holds_the_smaller():
    assert drawn(10) == drawn(10)
    assert drawn(10) < drawn(11) < drawn(60)


def test_two_shadows_draw_independently():
    one, other = drawn(50), drawn(50, new_id())
    assert abs(len(one & other) / len(UIDS) - 0.25) < 0.03
