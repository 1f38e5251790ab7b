"""Measures in Prometheus' text format.

Source
------
Prometheus, "Exposition formats", text-based format 0.0.4.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["counter", "gauge"]

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
    samples: dict[tuple[tuple[str, str], ...], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or (self.kind == "counter") != self.name.endswith("_total"):
            raise ValueError(f"{self.name} is no name of a {self.kind}")

    def add(self, value: float | None, **labels: str | None) -> "Family":
        """Add a sample; None adds nothing, samples of the same labels are summed."""
        if value is not None:
            key = tuple((name, text or "") for name, text in labels.items())
            self.samples[key] = self.samples.get(key, 0.0) + value
        return self


def exposition(families: Iterable[Family]) -> str:
    """Return the text of all families that have a sample."""
    return "".join(line + "\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for key, value in family.samples.items():
        labels = ",".join(f'{name}="{_escaped(text, quote=True)}"' for name, text in key)
        yield f"{family.name}{{{labels}}} {_number(value)}" if labels else f"{family.name} {_number(value)}"


def _escaped(text: str, *, quote: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quote else text


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
