"""A radiologist's five minutes, in a real browser, over a real CT: sign in, find, look, accept."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser import serious, sign_in

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(900)]

PATIENT = "C3N-00247"
READY_MS = 120_000


@pytest.fixture
def viewport():
    return {"width": 1280, "height": 800}


def open_viewer(page: Page, platform, patient: str) -> None:
    sign_in(page, platform, "radiologist")
    page.get_by_test_id("search").fill(patient)
    row = page.get_by_test_id("worklist-row")
    expect(row).to_have_count(1, timeout=READY_MS)
    row.dblclick()
    page.wait_for_selector("[data-testid=viewer][data-viewer-ready=true]", timeout=READY_MS)


def test_a_wrong_password_is_told_in_clear_words(page, platform):
    page.goto(f"{platform.url}/login")
    assert serious(page) == []
    page.get_by_test_id("username").fill("radiologist")
    page.get_by_test_id("password").fill("wrong")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("login-error")).to_be_visible()
    assert "/login" in page.url


def test_the_worklist_shows_both_studies_with_their_findings(page, platform, studies):
    sign_in(page, platform, "radiologist")
    expect(page.get_by_test_id("worklist-row")).to_have_count(2, timeout=READY_MS)
    for chip in page.get_by_test_id("ai-chip").all():
        expect(chip).to_have_attribute("data-state", "completed")
    assert serious(page) == []


def test_from_sign_in_to_accept(page, platform, studies, tmp_path: Path):
    open_viewer(page, platform, PATIENT)
    page.wait_for_selector("[data-testid=viewer][data-overlay-ready=true]", timeout=READY_MS)
    shot = tmp_path / "viewer.png"
    page.get_by_test_id("view-axial").screenshot(path=shot)
    pixels = np.asarray(Image.open(shot).convert("RGB"), dtype=int)
    assert pixels.max() > 150, "the axial view is black"
    findings = page.get_by_test_id("finding")
    expect(findings.first).to_contain_text(re.compile(r"≥ 1[,，]?\d{3} mL"))
    expect(findings.first.get_by_test_id("provenance")).to_have_attribute("data-state", "unreviewed")
    expect(page.get_by_test_id("research-only").first).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyA")
    expect(findings.first.get_by_test_id("provenance")).to_have_attribute("data-state", "accepted")
    page.reload()
    page.wait_for_selector("[data-testid=viewer][data-viewer-ready=true]", timeout=READY_MS)
    first = page.get_by_test_id("finding").first
    expect(first.get_by_test_id("provenance")).to_have_attribute("data-state", "accepted", timeout=READY_MS)


def test_a_click_on_a_finding_moves_every_plane_to_it(page, platform, studies):
    open_viewer(page, platform, PATIENT)
    before = page.get_by_test_id("slice-axial").inner_text()
    page.keyboard.press("End")
    page.get_by_test_id("finding").first.click()
    page.wait_for_timeout(500)
    moved = page.get_by_test_id("slice-axial").inner_text()
    assert moved != before
    assert re.search(r"\d+ / \d+", moved)


def test_the_language_changes_and_is_remembered(page, platform):
    page.goto(f"{platform.url}/login")
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    page.get_by_test_id("language").get_by_text("English").click()
    expect(page.get_by_test_id("sign-in")).to_have_text("Sign in")
    page.reload()
    expect(page.get_by_test_id("sign-in")).to_have_text("Sign in")
