"""Whether a series is what a plug-in wants; asked before anything is computed."""

from dataclasses import dataclass

from allward_sdk.manifest import Wants


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What a plug-in may want to know of a series; what the header does not say is None or empty."""

    modality: str
    slices: int
    slice_spacing_mm: float | None = None
    body_part_examined: str | None = None
    image_type: tuple[str, ...] = ()


def unmet_wants(wants: Wants, facts: SeriesFacts) -> list[str]:
    """Return, in words, each want that a series does not meet; empty if it meets all."""
    unmet = []
    if facts.modality not in wants.modality:
        unmet.append(f"The plug-in reads {' or '.join(wants.modality)}; these images are {facts.modality}.")
    part = facts.body_part_examined
    if part and wants.body_part_examined and part not in wants.body_part_examined:
        unmet.append(f"The plug-in reads {' or '.join(wants.body_part_examined)}; these images show {part}.")
    kinds = sorted(set(facts.image_type) & set(wants.exclude_image_type))
    if kinds:
        unmet.append(f"The plug-in does not read images of type {', '.join(kinds)}.")
    if facts.slices < wants.min_slices:
        unmet.append(f"The plug-in needs {wants.min_slices} slices or more; there are {facts.slices}.")
    limit_mm, spacing_mm = wants.max_slice_spacing_mm, facts.slice_spacing_mm
    if limit_mm is not None and spacing_mm is not None and spacing_mm > limit_mm:
        unmet.append(
            f"The plug-in needs slices {limit_mm:g} mm apart or less; they are {spacing_mm:.2f} mm apart."
        )
    return unmet
