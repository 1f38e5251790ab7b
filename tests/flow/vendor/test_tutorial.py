"""The tutorial for vendors, followed to the letter: the kit alone up to the stick, then a whole platform."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright
from tests.browser import chromium, sign_in
from tests.flow.vendor.kit import ROOT, Kit, build_wheel, install
from tests.flow.vendor.pages import Block, Command, blocks_of, commands_of, write_block
from tests.running_platform import Running, running_platform

PAGES = ROOT / "docs" / "tutorial"
READY_MS = 120_000

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the reader works."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return install(build_wheel(tmp_path_factory.mktemp("wheel")), tmp_path_factory.mktemp("vendor") / "env")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_platform(tmp_path_factory.mktemp("home"), real_plugin=False) as running:
        yield running


def follow(command: Command, desk: Path, variables: dict[str, str]) -> None:
    """Type a command; what stands below it in the page has to be in its output."""
    done = subprocess.run(
        ["bash", "-c", command.line], cwd=desk, env=variables, capture_output=True, text=True, timeout=300
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"{command.line}\n{printed}"
    for line in command.printed:
        assert line in printed, f"{command.line}\nprints no {line!r}, but:\n{printed}"


def vendors(kit: Kit, desk: Path) -> dict[str, str]:
    return {"PATH": f"{kit.bin}:/usr/bin:/bin", "HOME": str(desk), "LANG": "C.UTF-8"}


def hospitals(platform: Running) -> dict[str, str]:
    programs = Path(sys.executable).parent
    return {**platform.variables, "PATH": f"{programs}:{os.environ['PATH']}"}


def executed(page: str) -> list[Block]:
    return [block for block in blocks_of(PAGES / page) if block.is_executed]


def test_both_languages_ask_for_the_same() -> None:
    assert executed("vendor.en.md") == executed("vendor.zh.md")
    assert {block.who for block in executed("vendor.en.md") if block.language == "console"} == {
        "vendor",
        "hospital",
    }


@pytest.mark.parametrize("page", ["vendor.en.md", "vendor.zh.md"])
def test_every_command_that_the_text_mentions_exists(page: str, kit: Kit, tmp_path: Path) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    mentioned = set(re.findall(r"allward plugin ([a-z-]+)", text))
    assert mentioned >= {
        "new",
        "check",
        "phantom",
        "run",
        "accept",
        "pack",
        "key",
        "sign",
        "verify",
        "publish",
    }
    for command in sorted(mentioned - {"install"}):
        assert kit.run("allward", "plugin", command, "--help", cwd=tmp_path).returncode == 0


def test_a_vendor_comes_from_an_onnx_file_to_a_published_package(kit: Kit, desk: Path) -> None:
    for block in executed("vendor.en.md"):
        if block.who == "hospital":
            return
        if block.file:
            write_block(block, desk)
        else:
            for command in commands_of(block):
                follow(command, desk, vendors(kit, desk))


def test_a_hospital_without_a_network_comes_from_the_stick_to_a_result(platform: Running, desk: Path) -> None:
    for block in executed("vendor.en.md"):
        if block.who == "hospital":
            for command in commands_of(block):
                follow(command, desk, hospitals(platform))


def test_the_viewer_shows_the_outlines_and_says_that_they_are_for_research(
    platform: Running, tmp_path: Path
) -> None:
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB").new_page()
        sign_in(page, platform, "radiologist")
        page.get_by_test_id("search").fill("PHANTOM-SHAPES")
        row = page.get_by_test_id("worklist-row")
        expect(row).to_have_count(1, timeout=READY_MS)
        row.dblclick()
        page.wait_for_selector("[data-testid=viewer][data-overlay-ready=true]", timeout=READY_MS)
        finding = page.get_by_test_id("finding").first
        expect(finding).to_contain_text(re.compile(r"58(\.\d)? mL"))
        expect(page.get_by_test_id("research-only").first).to_be_visible()
        shot = tmp_path / "axial.png"
        page.get_by_test_id("view-axial").screenshot(path=shot)
    pixels = np.asarray(Image.open(shot).convert("RGB"), dtype=int)
    colourful = np.ptp(pixels, axis=2) > 30
    assert colourful.sum() > 200, "no outline in the axial view"
