"""A vendor hands a package in and an operator publishes it, in a browser on the whole platform."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import serious, sign_in
from tests.running_platform import Running, running_platform
from tests.small_package import SmallPlugin, make_package

pytestmark = pytest.mark.timeout(900)

READY_MS = 60_000
CHECK_MS = 180_000


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_platform(tmp_path_factory.mktemp("home"), real_plugin=False) as running:
        running.allward("catalogue", "init", str(running.home / "catalogue"))
        yield running


@pytest.fixture(scope="module")
def desk(platform: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vendor's folder with a key and three packages; the last one has a text that is not translated."""
    folder = tmp_path_factory.mktemp("desk")
    key = str(folder / "key.pem")
    platform.allward("plugin", "key", "new", key, "--publisher", "Bright Works", "--prefix", "org.test.")
    shown = platform.allward("plugin", "key", "show", key).stdout
    (folder / "publisher.json").write_text(shown, encoding="utf-8")
    for version, slices in (("1.0.0", 5), ("1.1.0", 9)):
        platform.allward(
            "plugin", "sign", str(make_package(folder, SmallPlugin(version=version, min_slices=slices))),
            "--key", key,
        )  # fmt: skip
    source = folder / "bright-1.2.0"
    make_package(folder, SmallPlugin(version="1.2.0"))
    manifest = source / "plugin.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("查找亮区。", "Finds what is bright."), "utf-8")
    platform.allward("plugin", "pack", str(source), "--output", str(folder))
    platform.allward("plugin", "sign", str(folder / "bright-1.2.0.allward"), "--key", key)
    return folder


def hand_in(page, package: Path) -> None:
    page.get_by_test_id("submit").click()
    page.get_by_test_id("file").set_input_files(package)


def test_a_vendor_registers_a_key_and_hands_a_package_in_which_is_checked_before_his_eyes(
    page, platform, desk
):
    sign_in(page, platform, "vendor")
    page.wait_for_url("**/vendor", timeout=READY_MS)
    hand_in(page, desk / "bright-1.0.0.allward")
    expect(page.get_by_test_id("submit-refused")).to_contain_text("not trusted here", timeout=READY_MS)
    page.keyboard.press("Escape")
    page.get_by_test_id("tab-keys").click()
    page.get_by_test_id("add-key").click()
    page.get_by_test_id("file").set_input_files(desk / "publisher.json")
    page.get_by_test_id("register-key").click()
    expect(page.get_by_test_id("vendor-key")).to_contain_text("org.test.", timeout=READY_MS)
    assert serious(page) == []
    page.get_by_test_id("tab-submissions").click()
    hand_in(page, desk / "bright-1.0.0.allward")
    panel = page.get_by_test_id("submission-panel")
    expect(panel).to_have_attribute("data-state", "in review", timeout=CHECK_MS)
    expect(panel.get_by_test_id("check-line").first).to_contain_text("检查进程无法访问网络")
    expect(panel.get_by_test_id("check-line").nth(1)).to_contain_text("插件包完整")
    assert panel.get_by_test_id("check-line").count() > 10
    assert serious(page) == []


def test_an_operator_reads_it_and_publishes_it_with_a_word_that_the_vendor_reads(page, platform, desk):
    sign_in(page, platform, "operator", path="/review")
    panel = page.get_by_test_id("review-panel")
    expect(panel).to_have_attribute("data-state", "in review", timeout=READY_MS)
    panel.get_by_test_id("part-card").click()
    expect(panel.get_by_test_id("markdown")).to_contain_text("Finds what is bright.", timeout=READY_MS)
    assert serious(page) == []
    panel.get_by_test_id("accept").click()
    page.get_by_test_id("words").fill("欢迎")
    page.get_by_test_id("words-confirm").click()
    expect(panel).to_have_attribute("data-state", "published", timeout=READY_MS)
    listed = platform.allward(
        "catalogue", "show", str(platform.home / "catalogue"), "--cache", str(desk / "cache"), "--root",
        str(platform.home / "catalogue" / "metadata" / "1.root.json"),
    )  # fmt: skip
    assert "org.test.bright 1.0.0" in listed.stdout


def test_the_vendor_reads_the_word_hands_in_the_next_version_and_withdraws_the_first(page, platform, desk):
    sign_in(page, platform, "vendor", path="/vendor")
    panel = page.get_by_test_id("submission-panel")
    expect(panel.get_by_test_id("decision")).to_contain_text("欢迎", timeout=READY_MS)
    hand_in(page, desk / "bright-1.1.0.allward")
    expect(panel).to_have_attribute("data-state", "in review", timeout=CHECK_MS)
    panel.get_by_test_id("part-changes").click()
    expect(panel.locator("[data-testid=change][data-part=wants]")).to_contain_text(
        "min_slices", timeout=READY_MS
    )
    page.locator("[data-testid=submission-row][data-version='1.0.0'] button").click()
    panel.get_by_test_id("yank").click()
    page.get_by_test_id("words").fill("left is right")
    page.get_by_test_id("words-confirm").click()
    expect(panel.get_by_test_id("withdrawn")).to_contain_text("left is right", timeout=READY_MS)


def test_a_package_that_breaks_a_rule_says_where_and_how_it_is_mended(page, platform, desk):
    sign_in(page, platform, "vendor", path="/vendor")
    hand_in(page, desk / "bright-1.2.0.allward")
    panel = page.get_by_test_id("submission-panel")
    expect(panel).to_have_attribute("data-state", "refused", timeout=CHECK_MS)
    failed = panel.locator("[data-testid=check-line][data-verdict=failed]")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("statement")
    assert serious(page) == []
