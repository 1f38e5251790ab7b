"""A browser for a module's tests, and a new page for each of them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from tests.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as started:
        yield started


@pytest.fixture
def viewport() -> ViewportSize:
    """The size of the window; a module that looks at a smaller screen says so."""
    return {"width": 1440, "height": 900}


@pytest.fixture
def page(browser: Browser, viewport: ViewportSize) -> Iterator[Page]:
    """A page that fails the test if a script of it breaks."""
    context = browser.new_context(viewport=viewport, locale="zh-CN")
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    context.close()
    assert broken == []
