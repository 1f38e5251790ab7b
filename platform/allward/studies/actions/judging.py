"""The geometry verdict on a series."""

from typing import Any
from uuid import UUID

from allward.studies.models import Series
from allward.tenancy.scope import required_scope


def note_verdict(
    *,
    series_id: UUID,
    reasons: list[dict[str, str]],
    geometry: dict[str, Any] | None,
    slice_spacing_mm: float | None,
) -> None:
    """Keep whether a series is a volume that may be measured; if it has no geometry, `reasons` say why."""
    Series.objects.filter(pk=series_id, tenant_id=required_scope().acting).update(
        evaluable=geometry is not None,
        reasons=reasons,
        geometry=geometry,
        slice_spacing_mm=slice_spacing_mm,
    )
