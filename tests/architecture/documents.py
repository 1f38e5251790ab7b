"""What the documents say of the code, taken out of their text so that tests can compare it."""

import ast
import re

from tests.architecture.tree import ROOT, tracked

_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/[\w-]+\.(?:py|tsx?|js|toml|lock|sh|md))`")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)

ADR_HEADINGS = ["Context", "Decision", "Consequences", "Not chosen"]

STARTING_POINTS = ("", "platform/", "platform/allward/", "frontend/src/")
"""Where a path in a document may begin: at the root, or shortened by what is in every such path."""


def missing_paths(document: str, text: str, *, existing: frozenset[str]) -> list[str]:
    """Return the files that a document names and that do not exist."""
    return [
        f"{document} names {path}, which does not exist"
        for path in _PATH.findall(text)
        if not any(f"{start}{path}" in existing for start in STARTING_POINTS)
    ]


def broken_links(document: str, text: str, *, existing: frozenset[str]) -> list[str]:
    """Return the relative links of a document that lead nowhere."""
    folder = document.rpartition("/")[0]
    broken = []
    for link in _LINK.findall(text):
        target = (ROOT / folder / link).resolve()
        inside = str(target.relative_to(ROOT)) if target.is_relative_to(ROOT) else ""
        if inside not in existing and not any(name.startswith(f"{inside}/") for name in existing):
            broken.append(f"{document} links to {link}, which does not exist")
    return broken


def headings(text: str) -> list[str]:
    """Return the headings of the second level."""
    return _HEADING.findall(text)


def steps_in_code(pipeline: str) -> set[tuple[str, str]]:
    """Return (event, step) of every `Step(on=…, do=…)`."""
    found = set()
    for node in ast.walk(ast.parse(pipeline)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Step":
            named = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            found.add((named["on"], named["do"]))
    return found


def steps_in_table(text: str) -> set[tuple[str, str]]:
    """Return (event, step) of the table under "Events and steps"; a row may name several steps."""
    section = text.split("## Events and steps", 1)[-1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", section, re.MULTILINE)
    return {
        (event, step) for event, steps in rows for step in re.findall(r"`(?:[\w/]+\.)?(\w+)`", steps) or [""]
    }


def events_in_code() -> set[str]:
    """Return the names of all events: the classes in the rooms' `events.py` that derive from `Event`."""
    files = [name for name in tracked() if re.fullmatch(r"platform/allward/\w+/events\.py", name)]
    trees = [ast.parse((ROOT / name).read_text()) for name in files]
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == ["Event"]
    }
