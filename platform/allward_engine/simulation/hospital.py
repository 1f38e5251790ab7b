"""A day of a large hospital and two smaller ones: 337 studies in a peak hour, and 3,000 slides.

How many studies of a kind come and how many runs they cause is published (MONAI Deploy's planned peak of
225 studies and 163.5 runs an hour, times 1.5). How long a model takes and what it weighs are assumptions for
one recent GPU, not measurements; `speed` scales them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from allward_engine.requests import Priority
from allward_engine.simulation.load import Job, Model, Stage

PEAK_STUDIES_PER_H: Mapping[str, float] = MappingProxyType({"XR": 180.0, "US": 75.0, "CT": 45.0, "MR": 37.5})
"""Studies of each modality in a peak hour."""

SLIDES_PER_DAY = 3000

DAY_PROFILE = (
    *(0.12, 0.10, 0.08, 0.08, 0.10, 0.15, 0.30, 0.60, 0.90, 1.00, 1.00, 0.95),
    *(0.70, 0.80, 1.00, 0.95, 0.85, 0.60, 0.40, 0.32, 0.28, 0.24, 0.20, 0.16),
)
"""Studies of each hour of the day over those of a peak hour; an assumption."""

SCANNED_H = (7, 19)
"""Between these hours slides are scanned."""

TENANTS: Mapping[str, float] = MappingProxyType({"university": 0.6, "county": 0.25, "town": 0.15})
"""Share of the studies that each hospital sends."""

READ_WITHIN_S = 300.0
"""An interactive result should be there by then."""

MIB = 2**20


@dataclass(frozen=True, slots=True)
class _App:
    """An app and what a run of it takes."""

    name: str
    priority: Priority
    runs_per_study: float
    stages: tuple[Stage, ...]


def _volume(key: str, mib: int, load_s: float, units: int) -> Stage:
    """Return a stage of sliding windows, 50 ms each."""
    return Stage(Model(key, mib * MIB, load_s, 0.05), units)


_CHEST = Stage(Model("chest", 400 * MIB, 1.0, 0.008, 0.012), 1, joins=True)
_THYROID = Stage(Model("thyroid", 250 * MIB, 0.8, 0.006, 0.010), 4, joins=True)
_CERVIX = _volume("cervix tiles", 700, 1.5, 313)

APPS: Mapping[str, tuple[_App, ...]] = MappingProxyType(
    {
        "XR": (
            _App("chest emergency", Priority.HIGH, 0.12, (_CHEST,)),
            _App("chest routine", Priority.MEDIUM, 0.48, (_CHEST,)),
        ),
        "US": (_App("thyroid", Priority.MEDIUM, 0.5, (_THYROID,)),),
        "CT": (
            _App("stroke", Priority.STAT, 0.1, (_volume("stroke", 1200, 3.0, 8),)),
            _App(
                "liver planning",
                Priority.HIGH,
                0.1,
                (_volume("liver", 1100, 2.5, 30), _volume("lesion", 1300, 2.5, 90)),
            ),
            _App("lung nodule", Priority.MEDIUM, 0.8, (_volume("nodule", 900, 2.0, 60),)),
            _App("organ atlas", Priority.LOW, 0.5, (_volume("atlas", 2400, 5.0, 160),)),
        ),
        "MR": (
            _App("prostate", Priority.MEDIUM, 0.5, (_volume("prostate", 1000, 2.5, 40),)),
            _App("brain", Priority.MEDIUM, 0.36, (_volume("brain", 1400, 3.0, 60),)),
        ),
        "slide": (_App("cervix", Priority.LOW, 1.0, (_CERVIX,)),),
    }
)
"""The apps that run on each kind of study."""


def hospital_day(
    *, seed: int, times: int = 1, hours: tuple[float, float] = (0.0, 24.0), speed: float = 1.0
) -> list[Job]:
    """Return the jobs of a day, earliest first; the same seed gives the same day.

    Parameters
    ----------
    times
        How many such days come at once: three hospitals of so many times the size.
    hours
        Only what comes from the one hour to the other.
    speed
        Of the devices, over the one that the assumed times are for.
    """
    chance = np.random.default_rng(seed)
    arrivals = sorted(arrival for _ in range(times) for arrival in _arrivals(chance))
    jobs: list[Job] = []
    for arrived_s, kind in arrivals:
        if hours[0] * 3600.0 <= arrived_s < hours[1] * 3600.0:
            tenant = str(chance.choice(list(TENANTS), p=list(TENANTS.values())))
            wanted = [app for app in APPS[kind] if chance.random() < app.runs_per_study]
            slowness = chance.lognormal(0.0, 0.1, len(wanted)) / speed
            jobs += [
                _job(f"{len(jobs) + place:06d}", app, tenant, arrived_s, float(slowness[place]))
                for place, app in enumerate(wanted)
            ]
    return jobs


def all_models() -> dict[str, Model]:
    """Return every model of the day by its key."""
    stages = [stage for apps in APPS.values() for app in apps for stage in app.stages]
    return {stage.model.key: stage.model for stage in stages}


def _job(job_id: str, app: _App, tenant: str, arrived_s: float, slowness: float) -> Job:
    return Job(
        job_id=job_id,
        tenant=tenant,
        app=app.name,
        priority=app.priority,
        arrived_s=arrived_s,
        stages=app.stages,
        deadline_s=arrived_s + READ_WITHIN_S if app.priority is Priority.HIGH else None,
        slowness=slowness,
    )


def _arrivals(chance: np.random.Generator) -> list[tuple[float, str]]:
    arrivals = []
    for kind, peak_per_h in PEAK_STUDIES_PER_H.items():
        for hour, share in enumerate(DAY_PROFILE):
            number = chance.poisson(peak_per_h * share)
            arrivals += [((hour + at_h) * 3600.0, kind) for at_h in chance.random(number).tolist()]
    scanned_s = chance.uniform(SCANNED_H[0] * 3600.0, SCANNED_H[1] * 3600.0, SLIDES_PER_DAY)
    return arrivals + [(at_s, "slide") for at_s in scanned_s.tolist()]
