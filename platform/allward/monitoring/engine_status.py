"""What the engine's front says of itself, typed. What it does not say, or says in a form that is not known
here, is None and never 0: engines of other versions answer too.
"""

from typing import Annotated, Any

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _fraction(value: Any) -> Any:
    """Return how far a job is; told as a number, or with its stage."""
    return value.get("fraction") if isinstance(value, dict) else value


def _objects(value: Any) -> list[Any] | None:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else None


_Lenient = WrapValidator(_or_none)
Words = Annotated[Annotated[str, Field(strict=True)] | None, _Lenient]
Count = Annotated[Annotated[int, Field(strict=True, ge=0)] | None, _Lenient]
Number = Annotated[Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] | None, _Lenient]
Share = Annotated[Annotated[float, Field(strict=True, ge=0, le=1)] | None, _Lenient]
YesNo = Annotated[Annotated[bool, Field(strict=True)] | None, _Lenient]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class UnitTimes(_Part):
    """How many units of a lane took how long."""

    bounds_s: tuple[float, ...]
    """Upper bounds, ascending."""
    counts: tuple[Annotated[int, Field(ge=0)], ...]
    """Units up to each bound, and at the end those beyond the last."""
    total_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _a_count_for_each_bound(self) -> "UnitTimes":
        if len(self.counts) != len(self.bounds_s) + 1:
            raise ValueError("a count for each bound, and one beyond")
        return self


class Lane(_Part):
    """One lane worker."""

    name: Words = None
    state: Words = None
    """ready, starting, restarting."""
    pid: Count = None
    restarts: Count = None
    busy_share: Share = None
    """Share of the last while in which the lane computed, 0 to 1."""
    running: Words = None
    """Job whose unit runs."""
    unit_times: Annotated[UnitTimes | None, _Lenient] = None


class EngineJob(_Part):
    """One job that the engine holds."""

    job_id: Words = None
    tenant: Words = None
    app: Words = None
    priority: Words = None
    lane: Words = None
    state: Words = None
    """waiting, running, deferred."""
    waited_s: Number = None
    progress: Annotated[Share, BeforeValidator(_fraction)] = None
    stage: Words = Field(default=None, validation_alias=AliasPath("progress", "stage"))


class ResidentModel(_Part):
    """One model that is loaded, or on its way in or out."""

    sha256: Words = None
    name: Words = None
    lane: Words = None
    state: Words = None
    """loading, resident, evicting."""
    bytes: Count = None
    workspace_bytes: Count = None
    pinned: YesNo = None
    last_used_s: Number = None
    """Seconds since its last unit."""


class Ledger(_Part):
    """Memory of a device or of the host, in bytes."""

    capacity_bytes: Count = None
    reserved_bytes: Count = None
    free_bytes: Count = None


class SlowUnit(_Part):
    """A unit that took much longer than was predicted."""

    at: Words = None
    job_id: Words = None
    stage: Words = None
    predicted_s: Number = None
    took_s: Number = None


class Quarantined(_Part):
    """A job that is not tried again, since it ended the device's process each time."""

    key: Words = None
    plugin: Words = None
    job_id: Words = None
    reason: Words = None
    since: Words = None


class Counters(_Part):
    """What happened since the engine started."""

    units_total: Count = None
    jobs_finished_total: Count = None
    jobs_failed_total: Count = None
    jobs_canceled_total: Count = None
    evictions_total: Count = None
    loads_total: Count = None
    crashes_total: Count = None


class EngineStatus(_Part):
    """Everything that one engine says of itself."""

    pid: Count = None
    device: Words = None
    uptime_s: Number = None
    resident_mib: Number = None
    peak_resident_mib: Number = None
    lanes: Annotated[tuple[Lane, ...] | None, BeforeValidator(_objects)] = None
    jobs: Annotated[tuple[EngineJob, ...] | None, BeforeValidator(_objects)] = None
    models: Annotated[tuple[ResidentModel, ...] | None, BeforeValidator(_objects)] = None
    ledger: Annotated[Ledger | None, _Lenient] = None
    host_ledger: Annotated[Ledger | None, _Lenient] = None
    slow_units: Annotated[tuple[SlowUnit, ...] | None, BeforeValidator(_objects)] = None
    quarantine: Annotated[tuple[Quarantined, ...] | None, BeforeValidator(_objects)] = None
    counters: Annotated[Counters | None, _Lenient] = None


def parse_status(said: Any) -> EngineStatus:
    """Read an engine's status; whatever it is, this does not fail."""
    return EngineStatus.model_validate(said if isinstance(said, dict) else {})
