"""What a rule would have done with the series that are stored: by the same clauses that route a study."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from allward.registry.models import PluginVersion
from allward.routing.conditions import Conditions
from allward.routing.facts import Decision
from allward.routing.match import decide
from allward.routing.places import refusal_by_place
from allward.routing.stored import StoredSeries, departments_by_id, received_series, stored_series
from allward_sdk.manifest import Manifest

EXAMPLES = 5
"""Series that are named for each clause."""


@dataclass(slots=True)
class Kept:
    """Series that one clause kept from running."""

    clause: str
    not_evaluable: bool
    count: int = 0
    examples: list[tuple[StoredSeries, Decision]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would have run, and what not because of which clause."""

    considered: int
    stored: int
    would_run: int
    running: list[tuple[StoredSeries, Decision]]
    kept: list[Kept]
    took_s: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule that is tried: a version as if enabled in a department (None: the whole hospital)."""

    version: PluginVersion
    department_id: UUID | None
    conditions: Conditions


def dry_run(tenant_id: UUID, trial: Trial, *, most_series: int) -> DryRun:
    """Ask a rule about the latest stored series of a hospital; nothing is scheduled and nothing written."""
    began = time.monotonic()
    rows = stored_series(tenant_id, most=most_series)
    ask = _asking(tenant_id, trial)
    running: list[tuple[StoredSeries, Decision]] = []
    kept: dict[str, Kept] = {}
    would_run = 0
    for row in rows:
        decision = ask(row)
        if decision.runs:
            would_run += 1
            _show(running, row, decision)
        else:
            clause = kept.setdefault(decision.clause, Kept(decision.clause, decision.not_evaluable))
            clause.count += 1
            _show(clause.examples, row, decision)
    return DryRun(
        considered=len(rows),
        stored=received_series(tenant_id).count(),
        would_run=would_run,
        running=running,
        kept=sorted(kept.values(), key=lambda clause: -clause.count),
        took_s=round(time.monotonic() - began, 3),
    )


def _asking(tenant_id: UUID, trial: Trial) -> Callable[[StoredSeries], Decision]:
    manifest = Manifest.model_validate(trial.version.manifest)
    departments = departments_by_id(tenant_id)

    def ask(row: StoredSeries) -> Decision:
        department = departments.get(row.department_id) if row.department_id else None
        refusal = refusal_by_place(
            status=manifest.intended_use.status, installed_in=trial.department_id, department=department
        )
        return refusal or decide(manifest.wants, row.facts, trial.conditions)

    return ask


def _show(examples: list[tuple[StoredSeries, Decision]], row: StoredSeries, decision: Decision) -> None:
    if len(examples) < EXAMPLES:
        examples.append((row, decision))
