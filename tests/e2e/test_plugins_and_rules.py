"""The pages of a hospital's administrator in a browser, on the whole platform with signed packages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import serious, sign_in
from tests.running_platform import Running, running_platform
from tests.small_package import SmallPlugin, make_package
from tests.small_study import write_small_study

pytestmark = pytest.mark.timeout(600)

READY_MS = 60_000
RESULT_MS = 180_000
RESEARCH = "imaging-research"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_platform(tmp_path_factory.mktemp("home"), real_plugin=False) as running:
        yield running


@pytest.fixture(scope="module")
def desk(platform: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a publisher's packages; the older one is enabled, and a study has come for it."""
    folder = tmp_path_factory.mktemp("desk")
    key, publishers = folder / "key.pem", folder / "publishers.json"
    platform.allward("plugin", "key", "new", str(key), "--publisher", "Bright Works", "--prefix", "org.test.")
    publishers.write_text(platform.allward("plugin", "key", "show", str(key)).stdout, encoding="utf-8")
    packages = [str(make_package(folder, SmallPlugin(version=f"1.{minor}.0"))) for minor in range(3)]
    for signed in packages[:2]:
        platform.allward("plugin", "sign", signed, "--key", str(key))
    platform.allward("plugin", "install", packages[0], "--department", RESEARCH, "--trust", str(publishers))
    write_small_study(folder / "study")
    platform.allward("import", str(folder / "study"))
    return folder


def test_an_administrator_finds_the_plugin_with_its_evidence(page, platform, desk):
    sign_in(page, platform, "administrator", path="/plugins")
    row = page.locator("[data-plugin='org.test.bright']")
    expect(row).to_have_count(1, timeout=READY_MS)
    expect(row).to_contain_text("已启用")
    expect(row).to_contain_text("密钥有效")
    panel = page.get_by_test_id("plugin-panel")
    expect(panel.get_by_test_id("section-publisher")).to_contain_text("Bright Works")
    expect(panel.get_by_test_id("label")).to_contain_text("肝脏")
    page.get_by_test_id("tab-history").click()
    expect(panel.get_by_test_id("history-line").first).to_contain_text("已启用")
    assert serious(page) == []


def test_a_package_without_a_signature_is_refused_in_the_dialogue(page, platform, desk):
    sign_in(page, platform, "administrator", path="/plugins")
    expect(page.get_by_test_id("plugin-row")).to_have_count(1, timeout=READY_MS)
    page.keyboard.press("KeyI")
    page.get_by_test_id("file").set_input_files(desk / "bright-1.2.0.allward")
    refused = page.get_by_test_id("import-refused")
    expect(refused).to_contain_text("bright-1.2.0.allward", timeout=READY_MS)
    expect(refused.get_by_test_id("fault")).to_have_count(1)
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("plugin-row")).to_have_count(1)


def test_a_newer_version_is_taken_in_enabled_and_rolled_back(page, platform, desk):
    sign_in(page, platform, "administrator", path="/plugins")
    page.get_by_test_id("import").click()
    page.get_by_test_id("file").set_input_files(desk / "bright-1.1.0.allward")
    panel = page.get_by_test_id("plugin-panel")
    expect(panel).to_contain_text("1.1.0", timeout=READY_MS)
    panel.get_by_test_id("install").click()
    page.get_by_test_id("install-confirm").click()
    panel.get_by_test_id("move-enable").click()
    expect(page.get_by_test_id("happens")).to_contain_text("目前启用的 1.0.0 版本将被替代")
    page.get_by_test_id("move-confirm").click()
    expect(panel.get_by_test_id("installation")).to_have_attribute("data-state", "enabled")
    expect(page.locator("[data-version='1.0.0']")).to_contain_text("已被替代")
    panel.get_by_test_id("move-roll-back").click()
    expect(page.get_by_test_id("happens")).to_contain_text("重新启用 1.0.0 版本")
    page.get_by_test_id("move-confirm").click()
    expect(panel.get_by_test_id("installation")).to_have_attribute("data-state", "rolled back")
    expect(page.locator("[data-version='1.0.0']")).to_contain_text("已启用")


def test_a_rule_is_tried_on_what_is_stored_narrowed_and_tried_again(page, platform, desk):
    sign_in(page, platform, "administrator", path="/rules")
    expect(page.get_by_test_id("rule-row")).to_have_count(1, timeout=READY_MS)
    page.keyboard.press("KeyD")
    expect(page.get_by_test_id("would-run")).to_contain_text("1", timeout=READY_MS)
    page.keyboard.press("Enter")
    page.get_by_test_id("field-min_slices").fill("500")
    page.get_by_test_id("run-dry").click()
    clause = page.locator("[data-testid=clause][data-clause=slices]")
    expect(clause).to_contain_text("1", timeout=READY_MS)
    clause.locator("summary").click()
    expect(clause.get_by_test_id("example")).to_contain_text("规则要求 ≥ 500")
    assert serious(page) == []
    page.get_by_test_id("rule-save").click()
    expect(page.get_by_test_id("rule-panel")).to_contain_text("层数 ≥ 500")
    page.reload()
    expect(page.get_by_test_id("rule-row")).to_contain_text("层数 ≥ 500", timeout=READY_MS)


def test_every_result_is_one_click_from_its_model_card(page, platform, desk):
    sign_in(page, platform, "radiologist")
    row = page.get_by_test_id("worklist-row")
    expect(row).to_have_count(1, timeout=READY_MS)
    expect(page.get_by_test_id("ai-chip")).to_have_attribute("data-state", "completed", timeout=RESULT_MS)
    row.dblclick()
    finding = page.get_by_test_id("finding").first
    expect(finding.get_by_test_id("ruo")).to_be_visible(timeout=READY_MS)
    finding.get_by_test_id("open-model-card").click()
    card = page.get_by_role("dialog")
    expect(card.get_by_test_id("markdown")).to_contain_text("Finds what is bright.")
    expect(card.get_by_test_id("card-ruo")).to_have_text("仅供科研")
    assert serious(page) == []
    card.get_by_role("link").click()
    expect(page.get_by_test_id("plugin-panel")).to_contain_text("1.0.0")
    expect(page.get_by_test_id("install")).to_have_count(0)
