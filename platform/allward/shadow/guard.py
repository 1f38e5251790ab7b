"""When a shadow counts as worse than the enabled version, declared before it begins. Pure.

The guard looks again after each case, so by chance it trips more often than one look would.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from allward.kernel.texts import Text
from allward.shadow.statistics import Statistics, Table


@dataclass(frozen=True, slots=True)
class Guard:
    """Declared limits.

    Attributes
    ----------
    least_cases
        Before so many cases nothing is said.
    least_median_dice
        A label whose median Dice against the enabled version is lower makes the shadow worse; None: not
        asked.
    most_p
        A difference (something found, outputs missing, reviewers' word) whose McNemar probability is lower
        makes the shadow worse; None: not asked.
    """

    least_cases: int = 50
    least_median_dice: float | None = 0.8
    most_p: float | None = 0.01

    def to_json(self) -> dict[str, Any]:
        """Return the form that the database keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Guard":
        """Read what `to_json` wrote."""
        return cls(**stored)


@dataclass(frozen=True, slots=True)
class Reason:
    """By what a shadow counts as worse."""

    code: str
    text: Text

    def to_json(self) -> dict[str, str]:
        """Return the wire form."""
        return {"code": self.code, **self.text.to_json()}


def reasons_against(guard: Guard, told: Statistics) -> list[Reason]:
    """Return by what a shadow counts as worse; empty: by nothing, or it is too early to tell."""
    return [*_by_dice(guard, told), *_by_difference(guard, told)]


def _by_dice(guard: Guard, told: Statistics) -> Iterator[Reason]:
    limit = guard.least_median_dice
    for name, label in told.labels.items():
        dice = label.median_dice
        if limit is None or dice is None or label.cases < guard.least_cases or dice.value >= limit:
            continue
        yield Reason(
            "dice",
            Text(
                f"{name}: the median Dice against the enabled version is {dice.value:.3f} in {label.cases}"
                f" cases, the limit is {limit:g}.",
                f"{name}：与启用版本相比，{label.cases} 例的 Dice 中位数为 {dice.value:.3f}，"
                f"低于限值 {limit:g}。",
            ),
        )


def _by_difference(guard: Guard, told: Statistics) -> Iterator[Reason]:
    if _differs(guard, told.found):
        one, other, p = told.found.shadow_only, told.found.enabled_only, told.found.p
        yield Reason(
            "found",
            Text(
                f"Only the shadow finds something in {one}, only the enabled version in {other} of"
                f" {told.found.cases} cases (p = {p:.2g}).",
                f"{told.found.cases} 例中，仅影子版本有发现的 {one} 例，仅启用版本有发现的 {other} 例"
                f"（p = {p:.2g}）。",
            ),
        )
    failed = told.failed
    if _differs(guard, failed) and failed.shadow_only > failed.enabled_only:
        yield Reason(
            "failed",
            Text(
                f"The shadow alone ended without output in {failed.shadow_only} of {failed.cases} cases"
                f" (p = {failed.p:.2g}).",
                f"{failed.cases} 例中有 {failed.shadow_only} 例仅影子版本未产生输出（p = {failed.p:.2g}）。",
            ),
        )
    right = told.right
    if _differs(guard, right) and right.enabled_only > right.shadow_only:
        yield Reason(
            "reviewers",
            Text(
                f"Reviewers agree with the enabled version alone in {right.enabled_only}, with the shadow"
                f" alone in {right.shadow_only} of {right.cases} cases (p = {right.p:.2g}).",
                f"在 {right.cases} 例已审核病例中，仅启用版本与审核者一致的 {right.enabled_only} 例，"
                f"仅影子版本一致的 {right.shadow_only} 例（p = {right.p:.2g}）。",
            ),
        )


def _differs(guard: Guard, table: Table) -> bool:
    return guard.most_p is not None and table.cases >= guard.least_cases and table.p < guard.most_p
