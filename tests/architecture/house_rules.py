"""Rules about single files, as functions from a path and its text to the breaches found.

They are pure, so that a test can hand them a planted breach.
"""

import ast
import re
import sys

MOST_LINES = 300
MOST_LINES_OF_TESTS = 400
"""A test file is a list of sentences that is searched, not followed."""

LONGER_FOR_A_REASON: dict[str, str] = {
    "platform/allward/ingest/dimse/association.py": "one association from request to release, read in order",
    "platform/allward/ingest/dimse/pdu.py": "the seven PDUs of PS3.8 9.3 beside one another, as there",
    "platform/allward/ingest/spool.py": "one lock protocol: what writes and what takes over together",
}
"""Path -> why this file may be longer than `MOST_LINES`."""

VAGUE_NAMES = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "manager", "base"})

VAGUE_FOR_A_REASON = {
    "platform/allward/tenancy/postgresql/base.py": "Django loads a back end from this name.",
}

_SILENCED = re.compile(r"#\s*(?:noqa\b(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?)(?P<rest>.*)")
_ALLWARD_VARIABLE = re.compile(r"ALLWARD_[A-Z][A-Z_]*[A-Z]")
_DJANGO_SIGNALS = (
    "django.dispatch",
    "django.db.models.signals",
    "django.core.signals",
    "django.test.signals",
)


def too_long(path: str, text: str) -> list[str]:
    """A file is no longer than can be read in one go, unless the list above says why."""
    lines = text.count("\n")
    most = MOST_LINES_OF_TESTS if path.startswith("tests/") else MOST_LINES
    if lines <= most or path in LONGER_FOR_A_REASON or "/migrations/" in path:
        return []
    return [f"{path} has {lines} lines; split it, or write the reason into LONGER_FOR_A_REASON"]


def vague_name(path: str) -> list[str]:
    """A file's or folder's name says what is in it."""
    if path in VAGUE_FOR_A_REASON:
        return []
    parts = [part.split(".")[0] for part in path.split("/")]
    return [f"{path}: the name {part!r} says nothing" for part in parts if part in VAGUE_NAMES]


def source_root_layout(paths: list[str], roots: tuple[str, ...]) -> list[str]:
    """Source roots are no packages, and what lies in them bears no name of the standard library."""
    breaches = [
        f"{root}/__init__.py makes {root} a package" for root in roots if f"{root}/__init__.py" in paths
    ]
    for path in paths:
        parts = path.split("/")
        if len(parts) > 1 and parts[0] in roots and parts[1].removesuffix(".py") in sys.stdlib_module_names:
            breaches.append(f"{path} hides the standard library's {parts[1]!r}")
    return breaches


def unexplained_package(path: str, text: str) -> list[str]:
    """A package's `__init__` begins with one sentence that says why it exists."""
    if not path.endswith("/__init__.py") or "/migrations/" in path:
        return []
    told = (ast.get_docstring(ast.parse(text)) or "").strip()
    first = told.split("\n\n")[0]
    if len(first.split()) < 4 or not first.endswith((".", ":")):
        return [f"{path} does not say in a sentence why this package exists"]
    return []


def uses_signals(path: str, text: str) -> list[str]:
    """What happens after what stands in the pipeline, never in a Django signal."""
    return [
        f"{path} imports {name}; write a step into allward/pipeline.py"
        for node in ast.walk(ast.parse(text))
        for name in _imported(node)
        if any(name == banned or name.startswith(f"{banned}.") for banned in _DJANGO_SIGNALS)
    ]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def untranslated(path: str, text: str) -> list[str]:
    """Every sentence for people exists in English and in Chinese."""
    breaches = []
    for node in ast.walk(ast.parse(text)):
        pair = _text_pair(node) if isinstance(node, ast.expr) else None
        if pair is None:
            continue
        en, zh = (part.strip() for part in pair)
        if not en or not zh or en == zh or not re.search(r"[\u4e00-\u9fff]", zh):
            breaches.append(f"{path} says {en!r} in English and {zh!r} in Chinese")
    return breaches


def _text_pair(node: ast.expr) -> tuple[str, str] | None:
    """Return (en, zh) of `Text("…", "…")`, `Text(en=…, zh=…)` or a literal {"en": …, "zh": …}."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"Text", "Translated"}
    ):
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        named.update(zip(("en", "zh"), node.args, strict=False))
    elif isinstance(node, ast.Dict):
        named = {
            key.value: value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }
        if set(named) != {"en", "zh"}:
            return None
    else:
        return None
    en, zh = _literal(named.get("en")), _literal(named.get("zh"))
    return None if en is None or zh is None else (en, zh)


def _literal(node: ast.expr | None) -> str | None:
    """Return the words of a literal or of an f-string's fixed parts; None for a name or a call."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or "" for part in node.values)
    return None if node is not None else ""


def silenced_without_reason(path: str, text: str) -> list[str]:
    """A check that is silenced says why in the same line."""
    return [
        f"{path}:{number} silences a check and does not say why"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := _SILENCED.search(line)) and len(found["rest"].strip(" #-–:()")) < 8
    ]


def unfinished(path: str, text: str) -> list[str]:
    """Nothing is left for later in the code: what is missing stands in the change log or is not begun."""
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "raise NotImplemented" + "Error")
    return [
        f"{path}:{number} is unfinished: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if any(re.search(rf"\b{mark}\b", line) for mark in marks)
    ]


def stands_in_for_a_service(path: str, text: str) -> list[str]:
    """Tests run on what production runs on: no eager tasks, nothing in memory for a broker, no SQLite."""
    stand_ins = (
        "task_always_" + r"eager(?!\s*=\s*False)",
        "InMemory" + "ChannelLayer",
        "loc" + "mem",
        "memory" + "://",
        "sqli" + "te3",
    )
    found = (re.search(stand_in, text, re.IGNORECASE) for stand_in in stand_ins)
    return [f"{path} uses {match[0]}" for match in found if match]


def names_of_registries(path: str, text: str) -> list[str]:
    """Which package registry is used is the machine's choice; no file of ours names one."""
    hosts = (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("npmmirror", "com"), ("anaconda", "org"), ("pypi", "tuna"),
    )  # fmt: skip
    return [
        f"{path} names a package registry: {'.'.join(host)}"
        for host in hosts
        if re.search(rf"\b{host[0]}\.{host[1]}\b", text)
    ]


def paths_of_a_machine(path: str, text: str) -> list[str]:
    """No file of ours knows a folder of one machine."""
    return [
        f"{path}:{number} names a folder of one machine: {found[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := re.search(r"(?<![\w.:/-])/(?:work|root|Users|home/\w+)/\w+", line))
    ]


def variables_in(text: str) -> set[str]:
    """Return the names of our environment variables that a text mentions."""
    return set(_ALLWARD_VARIABLE.findall(text))
