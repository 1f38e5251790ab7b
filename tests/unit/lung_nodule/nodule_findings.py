"""Findings of lung nodules as the app writes them, for what reads them."""

from allward_sdk.parts import Code, Localised
from allward_sdk.results import Finding, MeasuredValue, PriorSight, Property

_CONCEPT = Code(scheme="SCT", value="246205007", meaning="Quantity")
_UNIT = Code(scheme="UCUM", value="mm", meaning="mm")
_LABEL = Code(scheme="SCT", value="427359005", meaning="Solitary nodule of lung")


def measurements(sizes, at_least=()):
    """Return measured values by name; None is not measured."""
    return tuple(
        MeasuredValue(
            name=name, title=Localised(en=name, zh=f"{name} 值"), concept=_CONCEPT, unit=_UNIT, value=value,
            method="of the test", bound="at_least" if name in at_least else "exact",
        )
        for name, value in sizes.items()
    )  # fmt: skip


def properties(words):
    """Return properties by name, as said in English."""
    return tuple(
        Property(
            name=name, title=Localised(en=name, zh=f"{name} 项"), concept=_CONCEPT, value=_LABEL,
            said=Localised(en=said, zh=f"{said} 中文"),
        )
        for name, said in words.items()
    )  # fmt: skip


def nodule(finding_id="1", *, kind="lesion", mm=None, words=None, prior=None, at_least=(), **sizes):
    """Return a nodule; `mm` is both axes of a round one, `prior` is (day, sizes)."""
    both = {} if mm is None else dict.fromkeys(("long_axis_mm", "short_axis_mm", "longest_axial_mm"), mm)
    sight = None
    if prior is not None:
        day, before = prior
        sight = PriorSight(
            study_instance_uid="1.2.3", series_instance_uid="1.2.3.4", study_date=day, centre_lps_mm=None,
            measurements=measurements(before),
        )  # fmt: skip
    return Finding(
        id=finding_id, kind=kind, label=_LABEL, title=Localised(en="Lung nodule", zh="肺结节"),
        tracking_uid=f"2.25.{finding_id}", measurements=measurements({**both, **sizes}, at_least),
        properties=properties(words or {}), prior=sight,
    )  # fmt: skip


def round_before(mm, **more):
    """Return the sizes of a round nodule on an earlier CT."""
    return {"long_axis_mm": mm, "short_axis_mm": mm, **more}
