"""A strict reader of Prometheus' text format 0.0.4: what it refuses, a scraper may refuse too."""

import re
from dataclasses import dataclass, field

_HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
_TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)")
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN")

Labels = frozenset[tuple[str, str]]


@dataclass
class Read:
    """One family as it was read."""

    kind: str
    help: str
    samples: dict[Labels, float] = field(default_factory=dict)
    parts: dict[str, dict[Labels, float]] = field(default_factory=dict)
    """Of a histogram: the full name -> samples."""


def read_exposition(text: str) -> dict[str, Read]:
    """Read the families of a text; an assertion fails where it is not exactly the format."""
    assert text.endswith("\n")
    families: dict[str, Read] = {}
    told = ""
    for line in text.removesuffix("\n").split("\n"):
        if found := _HELP.fullmatch(line):
            assert found[1] not in families, f"{found[1]} comes twice"
            told = found[2]
            families[found[1]] = Read("", told)
        elif found := _TYPE.fullmatch(line):
            assert list(families)[-1] == found[1], "HELP and TYPE of one family stand together"
            families[found[1]].kind = found[2]
        else:
            _take(line, families)
    assert all(read.kind and (read.samples or read.parts) for read in families.values())
    return families


def _take(line: str, families: dict[str, Read]) -> None:
    found = _SAMPLE.fullmatch(line)
    assert found, f"no sample: {line!r}"
    name, labels, number = found.groups()
    family = list(families)[-1]
    ends = ("_bucket", "_sum", "_count") if families[family].kind == "histogram" else ("",)
    assert name in {family + end for end in ends}, f"{name} stands among the samples of another family"
    assert _NUMBER.fullmatch(number), f"no number: {number!r}"
    key = _labels(labels or "")
    read = families[family].samples if name == family else families[family].parts.setdefault(name, {})
    assert key not in read, f"{line!r} comes twice"
    read[key] = float(number)


def _labels(text: str) -> Labels:
    pairs, at = [], 0
    while at < len(text):
        found = _LABEL.match(text, at)
        assert found, f"no label: {text[at:]!r}"
        pairs.append((found[1], _plain(found[2])))
        at = found.end()
    assert len(dict(pairs)) == len(pairs), "a label comes twice"
    return frozenset(pairs)


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), value)
