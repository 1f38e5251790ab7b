"""Digests that say when two pieces of work are the same. Pure."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any


def digest_of(*parts: Any) -> str:
    """Hash JSON values; equal values give equal digests whatever the order of their keys."""
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def job_key(*, input_digest: str, plugin_digest: str, parameters: Mapping[str, Any]) -> str:
    """Name one computation; five apps that need the same one share the job."""
    return digest_of(input_digest, plugin_digest, dict(parameters))


def run_key(
    *,
    app: str,
    app_version: str,
    plugin_digests: Mapping[str, str],
    parameters: Mapping[str, Any],
    input_digests: Sequence[str],
) -> str:
    """Name one app run on one series, or on that and a prior."""
    return digest_of(app, app_version, dict(plugin_digests), dict(parameters), *input_digests)
