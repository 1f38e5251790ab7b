"""The operators' page in a browser, on the whole platform with its real engine."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser import serious, sign_in

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(600)]

READY_MS = 60_000


def test_the_operator_begins_with_the_engine_and_sees_its_lanes(page, platform):
    sign_in(page, platform, "operator")
    page.wait_for_url("**/engine")
    lanes = page.get_by_test_id("lane")
    expect(lanes).to_have_count(2, timeout=READY_MS)
    expect(page.get_by_test_id("engine-state")).to_have_text("运行正常")
    expect(lanes.first).to_contain_text("紧急通道")
    expect(page.get_by_test_id("ledger").first).to_contain_text(re.compile(r"GiB"))
    expect(page.get_by_test_id("counters")).to_be_visible()
    assert serious(page) == []


def test_the_picture_moves_on_by_itself_and_stands_still_when_held(page, platform):
    sign_in(page, platform, "operator")
    as_of = page.get_by_test_id("as-of")
    expect(as_of).to_be_visible(timeout=READY_MS)
    before = as_of.inner_text()
    expect(as_of).not_to_have_text(before, timeout=10_000)
    page.keyboard.press("Space")
    expect(page.get_by_test_id("engine-page")).to_have_attribute("data-held", "true")
    held = as_of.inner_text()
    page.wait_for_timeout(3000)
    assert as_of.inner_text() == held


def test_an_administrator_sees_the_own_hospital_and_a_radiologist_no_way_to_it(page, platform):
    sign_in(page, platform, "administrator")
    page.wait_for_url("**/engine")
    expect(page.get_by_test_id("lane")).to_have_count(2, timeout=READY_MS)
    expect(page.get_by_test_id("counters")).to_have_count(0)
    page.context.clear_cookies()
    sign_in(page, platform, "radiologist")
    page.wait_for_url("**/worklist*")
    expect(page.get_by_test_id("pages")).to_have_count(0)
    page.goto(f"{platform.url}/engine")
    expect(page.get_by_test_id("failure")).to_be_visible(timeout=READY_MS)
