"""What the engine's front says of itself, in an example that has one of everything."""

from typing import Any

MINE = "018f0000-0000-7000-8000-0000000000a1"
THEIRS = "018f0000-0000-7000-8000-0000000000b2"
JOBS = tuple(f"018f0000-0000-7000-8000-00000000000{n}" for n in range(1, 5))
LIVER, LUNG = "1" * 64, "2" * 64

WORDS: dict[str, Any] = {
    "pid": 4711,
    "device": "OpenVINO CPU",
    "uptime_s": 512.5,
    "resident_mib": 1210.0,
    "peak_resident_mib": 1850.0,
    "lanes": [
        {"name": "urgent", "state": "ready", "pid": 4712, "restarts": 0, "busy_share": 0.25, "running": None},
        {
            "name": "bulk", "state": "ready", "pid": 4713, "restarts": 2, "busy_share": 1.0,
            "running": JOBS[0],
            "unit_times": {"bounds_s": [0.1, 1.0], "counts": [4, 2, 1], "total_s": 3.5},
        },
    ],
    "jobs": [
        {
            "job_id": JOBS[0], "tenant": MINE, "app": "any_imaging", "priority": "MEDIUM", "lane": "bulk",
            "state": "running", "waited_s": 2.5, "progress": 0.4,
        },
        {
            "job_id": JOBS[1], "tenant": THEIRS, "app": "any_imaging", "priority": "STAT", "lane": "urgent",
            "state": "waiting", "waited_s": 31.0, "progress": None,
        },
        {
            "job_id": JOBS[2], "tenant": THEIRS, "app": "any_imaging", "priority": "LOW", "lane": "bulk",
            "state": "deferred", "waited_s": 8.0, "progress": 0.0,
        },
    ],
    "models": [
        {
            "sha256": LIVER, "name": "liver", "lane": "bulk", "state": "resident", "bytes": 120_000_000,
            "workspace_bytes": 900_000_000, "pinned": True, "last_used_s": 0.2,
        },
        {
            "sha256": LUNG, "name": "lung", "lane": "urgent", "state": "loading", "bytes": 80_000_000,
            "workspace_bytes": None, "pinned": False, "last_used_s": None,
        },
    ],
    "ledger": {"capacity_bytes": 4_000, "reserved_bytes": 4_000, "free_bytes": 0},
    "host_ledger": {"capacity_bytes": 9_000, "reserved_bytes": 2_000, "free_bytes": 7_000},
    "slow_units": [
        {"at": "2026-11-22T09:00Z", "job_id": JOBS[0], "stage": "liver", "predicted_s": 0.5, "took_s": 2.5},
        {"at": "2026-11-22T09:01Z", "job_id": JOBS[1], "stage": "lung", "predicted_s": 0.5, "took_s": 3.5},
    ],
    "quarantine": [
        {
            "key": "a1b2", "plugin": "org.example.lung", "job_id": JOBS[3],
            "reason": "ended the device's process twice", "since": "2026-11-22T08:00:00Z",
        }
    ],
    "counters": {
        "units_total": 1000, "jobs_finished_total": 40, "jobs_failed_total": 1, "jobs_canceled_total": 0,
        "evictions_total": 3, "loads_total": 5, "crashes_total": 2,
    },
}  # fmt: skip
