"""A real browser on the running platform."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright

from tests.running_platform import Running

CHROMIUM = "/usr/bin/chromium"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without these Chromium asks hosts outside, which a hospital's network refuses."""


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start Debian's Chromium without a window."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


def sign_in(page: Page, running: Running, username: str, *, path: str = "/login") -> None:
    """Sign in as a person does, at once or on the way to a page; he is led on to it, or to his first page."""
    page.goto(f"{running.url}{path}")
    page.fill("[data-testid=username]", username)
    page.fill("[data-testid=password]", running.password(username))
    page.click("[data-testid=sign-in]")
    page.wait_for_url(lambda url: "/login" not in url)


def serious(page: Page) -> list[str]:
    """Return what axe finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['help']}" for v in found if v["impact"] in ("serious", "critical")]
