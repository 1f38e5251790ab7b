"""The administrator's pages of keys, entitlements and acceptance in a browser, on the whole platform."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from tests.browser import serious, sign_in
from tests.running_platform import Running, running_platform
from tests.small_package import SmallPlugin, make_package
from tests.small_study import write_small_study

from allward_dicom.phantom import PhantomSpec

pytestmark = pytest.mark.timeout(600)

READY_MS = 60_000
REPORT_MS = 240_000
CASES = 5
SPEC = PhantomSpec(slices=8, size=32, slice_spacing_mm=10.0)


@dataclass(frozen=True)
class Desk:
    """Two publishers: the key of one is trusted, of the other there is the file of its public part."""

    key: Path
    other: Path


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_platform(tmp_path_factory.mktemp("home"), real_plugin=False) as running:
        yield running


@pytest.fixture(scope="module")
def desk(platform: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Some past studies have come."""
    folder = tmp_path_factory.mktemp("desk")
    keys = [folder / "key.pem", folder / "other.pem"]
    shown = []
    for key, name, prefix in zip(
        keys, ("Bright Works", "Other Works"), ("org.test.", "org.other."), strict=True
    ):
        platform.allward("plugin", "key", "new", str(key), "--publisher", name, "--prefix", prefix)
        shown.append(platform.allward("plugin", "key", "show", str(key)).stdout)
    other = folder / "other.json"
    other.write_text(shown[1], encoding="utf-8")
    with platform.client("administrator") as client:
        told = json.loads(shown[0])
        trusted = {"publishers": told if isinstance(told, list) else [told]}
        client.post("/api/v1/publisher-keys/", json=trusted).raise_for_status()
    for seed in range(CASES):
        write_small_study(folder / "studies" / str(seed), seed=seed, spec=SPEC)
    platform.allward("import", str(folder / "studies"))
    return Desk(keys[0], other)


@pytest.fixture
def viewport() -> ViewportSize:
    """The smallest screen that the pages promise room on."""
    return {"width": 1280, "height": 800}


@pytest.fixture(autouse=True)
def patience(page: Page) -> Iterator[None]:
    """Wait for facts as long as a busy machine needs."""
    page.set_default_timeout(READY_MS)
    expect.set_options(timeout=READY_MS)
    yield
    expect.set_options(timeout=5_000)


def test_a_key_is_trusted_marked_as_replaced_and_trusted_again(page, platform, desk):
    sign_in(page, platform, "administrator", path="/keys")
    expect(page.get_by_test_id("own-key").first).to_be_visible(timeout=READY_MS)
    page.get_by_test_id("add-key").click()
    page.get_by_test_id("file").set_input_files(desk.other)
    expect(page.get_by_test_id("proposed-key")).to_contain_text("可签署标识以 org.other. 开头的插件")
    page.get_by_test_id("compared").check()
    page.get_by_test_id("keys-confirm").click()
    page.locator("[data-testid=select-key]", has_text="Other Works").click()
    panel = page.get_by_test_id("key-panel")
    panel.get_by_test_id("key-rotate").click()
    page.get_by_test_id("reason").fill("每年更换")
    page.get_by_test_id("key-confirm").click()
    expect(panel.get_by_test_id("key-reason")).to_contain_text("每年更换")
    expect(panel.get_by_test_id("key-state")).to_have_text("已更换")
    panel.get_by_test_id("key-trust").click()
    page.get_by_test_id("key-confirm").click()
    expect(panel.get_by_test_id("key-state")).to_have_text("受信任")
    assert serious(page) == []


def test_a_token_is_refused_with_the_reason_taken_in_and_removed(page, platform, desk):
    sign_in(page, platform, "administrator", path="/entitlements")
    expect(page.get_by_test_id("empty")).to_contain_text("还没有授权")
    hospital = page.get_by_test_id("hospital").locator("code").inner_text()
    ask = ["entitlement", "issue", "--key", str(desk.key), "--plugin", "org.test.", "--tenant", hospital]
    token = platform.allward(*ask, "--expires", "2099-12-31", "--studies", "50", "--per", "month").stdout
    page.keyboard.press("KeyN")
    altered = json.loads(token)
    altered["payload"] = altered["payload"][::-1]
    page.get_by_test_id("paste").fill(json.dumps(altered))
    page.get_by_test_id("token-confirm").click()
    expect(page.get_by_test_id("token-refused")).to_contain_text("授权被拒绝")
    page.get_by_test_id("paste").fill(token)
    page.get_by_test_id("token-confirm").click()
    row = page.get_by_test_id("token")
    expect(row.get_by_test_id("token-state")).to_have_text("有效")
    expect(row.get_by_test_id("quota")).to_contain_text("本月已用 0 / 50")
    expect(page.get_by_test_id("month")).to_have_count(12)
    assert serious(page) == []
    row.get_by_test_id("remove-token").click()
    page.get_by_test_id("remove-confirm").click()
    expect(page.get_by_test_id("empty")).to_be_visible()


def test_a_version_is_tried_on_past_cases_and_accepted(page, platform, desk, tmp_path):
    package = make_package(tmp_path, SmallPlugin(version="1.0.0"))
    platform.allward("plugin", "sign", str(package), "--key", str(desk.key))
    with platform.client("administrator") as client:
        taken = client.post(
            "/api/v1/plugins/import/",
            content=package.read_bytes(),
            headers={"content-type": "application/octet-stream"},
        ).raise_for_status()
        where = {"department": "imaging-research"}
        client.post(f"/api/v1/plugins/{taken.json()['id']}/install/", json=where).raise_for_status()
    sign_in(page, platform, "administrator", path="/acceptance")
    expect(page.get_by_test_id("empty")).to_be_visible(timeout=READY_MS)
    page.keyboard.press("KeyN")
    page.get_by_test_id("field-name").fill("既往病例")
    page.get_by_test_id("field-version").click()
    page.get_by_role("option").filter(has_text="1.0.0").click()
    page.get_by_test_id("field-label").click()
    page.get_by_role("option", name="肝脏").click()
    page.get_by_test_id("new-set-confirm").click()
    page.get_by_test_id("first-cases").click()
    choices = page.get_by_test_id("choice-reference")
    expect(choices).to_have_count(CASES)
    for number in range(CASES):
        choices.nth(number).click()
        page.get_by_role("option", name="有", exact=True).locator("visible=true").click()
    page.get_by_test_id("cases-confirm").click()
    expect(page.get_by_test_id("case")).to_have_count(CASES)
    page.get_by_test_id("set-start").click()
    page.get_by_test_id("set-confirm").click()
    expect(page.get_by_test_id("report")).to_be_visible(timeout=REPORT_MS)
    expect(page.get_by_test_id("headline")).to_contain_text("灵敏度")
    assert serious(page) == []
    page.get_by_test_id("downloads").click()
    with page.expect_download() as saved:
        page.get_by_test_id("download-json-en").click()
    assert b'"payloadType"' in saved.value.path().read_bytes()
    page.get_by_test_id("accept").click()
    page.get_by_test_id("remark").fill("仅用于科研")
    page.get_by_test_id("accept-confirm").click()
    expect(page.get_by_test_id("accepted")).to_contain_text("仅用于科研")
    page.reload()
    expect(page.get_by_test_id("set-state").first).to_have_text("已验收")


def test_every_page_of_the_section_is_reached_by_its_tab(page, platform, desk):
    sign_in(page, platform, "administrator", path="/plugins")
    names = ("plugins", "rules", "acceptance", "keys", "entitlements", "catalogue")
    tabs = page.get_by_test_id("tabs").get_by_role("link")
    expect(tabs).to_have_count(len(names))
    for number, name in enumerate(names):
        tabs.nth(number).click()
        expect(page.get_by_test_id(f"{name}-page")).to_be_visible(timeout=READY_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    expect(page.get_by_test_id("failure")).to_have_count(0)
