"""Measures in Prometheus' text format.

Source
------
Prometheus, "Exposition formats", text-based format 0.0.4.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["counter", "gauge", "histogram"]

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass
class Family:
    """One measure with its samples. A value that is not known has no sample: None is not 0.

    Raises
    ------
    ValueError
        If the name is none that Prometheus takes, or a counter's does not end in `_total`.
    """

    name: str
    kind: Kind
    help: str
    """One sentence; names the unit."""
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = field(default_factory=dict)
    """(what a histogram's sample adds to the name, else empty; labels) -> value."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or (self.kind == "counter") != self.name.endswith("_total"):
            raise ValueError(f"{self.name} is no name of a {self.kind}")

    def add(self, value: float | None, **labels: str | None) -> "Family":
        """Add a sample; None adds nothing, samples of the same labels are summed."""
        self._add("", value, labels)
        return self

    def add_histogram(
        self, bounds: Sequence[float], counts: Sequence[int], total: float, **labels: str | None
    ) -> "Family":
        """Add what was measured so often: up to each bound, then beyond the last; and the sum of all."""
        so_far = 0
        for bound, count in zip((*bounds, math.inf), counts, strict=True):
            so_far += count
            self._add("_bucket", so_far, labels | {"le": _number(bound)})
        self._add("_sum", total, labels)
        self._add("_count", so_far, labels)
        return self

    def _add(self, suffix: str, value: float | None, labels: dict[str, str | None]) -> None:
        if value is not None:
            key = suffix, tuple((name, text or "") for name, text in labels.items())
            self.samples[key] = self.samples.get(key, 0.0) + value


def exposition(families: Iterable[Family]) -> str:
    """Return the text of all families that have a sample."""
    return "".join(line + "\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for (suffix, key), value in family.samples.items():
        labels = ",".join(f'{name}="{_escaped(text, quote=True)}"' for name, text in key)
        name = family.name + suffix
        yield f"{name}{{{labels}}} {_number(value)}" if labels else f"{name} {_number(value)}"


def _escaped(text: str, *, quote: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quote else text


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
