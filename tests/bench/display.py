"""From JobCompleted committed to the finding count on a page that is open in a real browser."""

import time

from playwright.sync_api import Page, sync_playwright

from tests.bench import small_load
from tests.bench.table import Row, row
from tests.browser import chromium, sign_in
from tests.running_platform import Running

_WATCH = """
() => {
  window.__seen = {};
  const look = () => {
    for (const line of document.querySelectorAll('[data-testid=worklist-row]')) {
      const chip = line.querySelector('[data-testid=ai-chip][data-state=completed]');
      const key = line.getAttribute('data-study');
      if (chip && key && !(key in window.__seen)) window.__seen[key] = Date.now();
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
"""


def measure(running: Running, *, n: int = 30) -> list[Row]:
    """Watch the worklist while studies come in, one after the other."""
    small_load.install(running)
    clock = small_load.Clock(running)
    waits: list[float] = []
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        sign_in(page, running, "radiologist")
        page.wait_for_selector("[data-testid=worklist-row], [data-testid=empty]", timeout=60_000)
        page.evaluate(_WATCH)
        for number in range(10_000, 10_000 + n):
            sent = clock.last("JobCompleted")
            small_load.send(running, small_load.write(number))
            told = clock.wait("JobCompleted", after=sent.at if sent else None)
            ready = clock.wait("ResultReady", after=told.at)
            study_id = clock.study_of_result(ready)
            waits.append(_seen_s(page, study_id) - told.at.timestamp())
    return [row("display, JobCompleted to seen in the page", waits, unit="s", goal="<= 1 s")]


def _seen_s(page: Page, study_id: str) -> float:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        seen = page.evaluate("key => window.__seen[key] ?? null", study_id)
        if seen is not None:
            return float(seen) / 1000
        page.wait_for_timeout(20)
    raise TimeoutError("the page never showed the result")
