"""A small real app whose findings a reader may correct: spots that differ little from the voxel at a point.

It is installed as any app is, by an entry point, as soon as `install` was called.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from allward_dicom.provenance import derived_uid
from allward_measure.components import box_slices, find_components
from allward_runner.abilities import Calipers, Outline
from allward_runner.case import Case, SlotOutput
from allward_sdk.errors import BadInputError
from allward_sdk.intended_use import IntendedUse
from allward_sdk.manifest import Label
from allward_sdk.parts import Code, Localised
from allward_sdk.results import CaseResult, Finding, MeasuredValue, PluginUse, PointLps, Property

REACH = 3
"""Voxels around a point that may belong to its spot."""
WIDTH_HU = 60.0

NODULE = Code(scheme="SCT", value="427359005", meaning="Lung nodule")
MORPHOLOGY = Code(scheme="SCT", value="49755003", meaning="Morphologically Altered Structure")
MM = Code(scheme="UCUM", value="mm", meaning="millimeter")
MM3 = Code(scheme="UCUM", value="mm3", meaning="cubic millimeter")
LONG = Code(scheme="SCT", value="103339001", meaning="Long Axis")
SHORT = Code(scheme="SCT", value="103340004", meaning="Short Axis")
VOLUME = Code(scheme="SCT", value="118565006", meaning="Volume")
LOBE = Code(scheme="SCT", value="45653009", meaning="Upper lobe of lung")
RIGHT = Code(scheme="SCT", value="24028007", meaning="Right")
SOLID = Code(scheme="SCT", value="255323003", meaning="Solid")
ABSENT = Code(scheme="SCT", value="272519000", meaning="Absent")


def said(en: str, zh: str) -> Localised:
    return Localised(en=en, zh=zh)


@dataclass(frozen=True)
class Spots:
    """The app."""

    id: str = "spots"
    version: str = "1.0.0"
    title: Localised = said("Spots", "斑点")
    slots: tuple[str, ...] = ("spots.detector",)
    optional_slots: tuple[str, ...] = ()
    uses_prior: bool = False
    operations: tuple[str, ...] = ("segmentation",)
    intended_use: IntendedUse | None = None

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        """Take the first voxel of each part that the detector outlined for a spot."""
        ((slot, output),) = outputs.items()
        plugin = output.manifest.plugin
        use = PluginUse(slot=slot, id=plugin.id, version=plugin.version, digest=output.digest)
        parts = [] if output.labels_kji is None else find_components(output.labels_kji > 0)
        firsts = [np.argwhere(part.mask)[0] + part.box_kji[0] for part in parts]
        places = case.geometry.to_lps_mm(np.asarray(firsts).reshape(-1, 3))
        return drawn(case, [(float(x), float(y), float(z)) for x, y, z in places], use)

    def outline_at(self, case: Case, point_lps_mm: PointLps) -> Outline | None:
        at = np.rint(case.geometry.to_index_kji(np.asarray([point_lps_mm]))[0]).astype(int)
        low = np.maximum(at - REACH, 0)
        high = np.minimum(at + REACH + 1, case.geometry.shape_kji)
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        seed = float(case.volume_hu[tuple(at)])
        if seed < -900:
            return None
        like = np.abs(case.volume_hu[box] - seed) < WIDTH_HU
        for part in find_components(like):
            inner = at - low - part.box_kji[0]
            if (inner >= 0).all() and (inner < part.mask.shape).all() and part.mask[tuple(inner)]:
                k, j, i = (int(a + b) for a, b in zip(low, part.box_kji[0], strict=True))
                return Outline(part.mask, (k, j, i))
        return None

    def finding_of(
        self,
        case: Case,
        outline: Outline,
        *,
        value: int,
        like: Finding | None,
        calipers: Calipers | None = None,
    ) -> tuple[Finding, Label]:
        if not outline.mask.any():
            raise BadInputError("There is nothing to measure.")
        first = np.asarray(outline.first_kji)
        places = case.geometry.to_lps_mm(np.argwhere(outline.mask) + first)
        centre = tuple(float(mm) for mm in places.mean(axis=0))
        size_mm3 = float(outline.mask.sum() * case.geometry.voxel_volume_ml * 1000)
        long_mm, other_mm = (float(mm) for mm in sorted(np.ptp(places, axis=0))[:0:-1])
        short_mm: float | None = other_mm
        by = "model" if like is None else "reader"
        if calipers is not None:
            long_mm = _length(calipers.long_lps_mm)
            short_mm = None if calipers.short_lps_mm is None else _length(calipers.short_lps_mm)
        box = (outline.first_kji, tuple(int(end) for end in first + outline.mask.shape))
        uid = derived_uid(case.series_instance_uid, *(str(round(mm)) for mm in centre))
        return Finding(
            id=f"spot-{value}", kind="lesion", label=NODULE, title=said("Spot", "斑点"), segment_value=value,
            tracking_uid=uid if like is None else like.tracking_uid, centre_lps_mm=centre, box_kji=box,
            score=None if like is None else like.score,
            measurements=(
                measured("long_axis_mm", LONG, MM, long_mm), measured("short_axis_mm", SHORT, MM, short_mm),
                measured("volume_mm3", VOLUME, MM3, size_mm3),
                measured("equivalent_diameter_mm", LONG, MM, (6 * size_mm3 / np.pi) ** (1 / 3)),
            ),
            properties=(
                described("lobe", LOBE, LOBE), described("side", RIGHT, RIGHT),
                described("kind", NODULE, SOLID), described("measured", VOLUME, None, by),
            ),
        ), Label(
            name=f"spot_{value}", value=value, title=said(f"Spot {value}", f"斑点{value}"),
            category=MORPHOLOGY, type=NODULE, colour="#FF5A78", kind="lesion",
        )  # fmt: skip


def measured(name: str, concept: Code, unit: Code, value: float | None) -> MeasuredValue:
    title = said(name.replace("_", " "), f"测量{name}")
    return MeasuredValue(name=name, title=title, concept=concept, unit=unit, value=value, method="voxels")


def described(name: str, concept: Code, value: Code | None, word: str = "") -> Property:
    words = said(word or (value.meaning if value else name), f"特征{name}{word}")
    return Property(name=name, title=said(name, f"属性{name}"), concept=concept, value=value, said=words)


def _length(line: tuple[PointLps, PointLps]) -> float:
    return float(np.linalg.norm(np.subtract(*line)))


APP = Spots()


def drawn(case: Case, points: list[PointLps], use: PluginUse) -> CaseResult:
    """What the app says of spots at these points; none at a point that another spot holds."""
    labels_kji = np.zeros(case.geometry.shape_kji, dtype=np.uint8)
    findings, labels = [], []
    for point in points:
        outline = APP.outline_at(case, point)
        assert outline is not None
        k, j, i = outline.first_kji
        place = box_slices(
            ((k, j, i), tuple(a + b for a, b in zip((k, j, i), outline.mask.shape, strict=True)))
        )
        mask = outline.mask & (labels_kji[place] == 0)
        value = len(findings) + 1
        labels_kji[place][mask] = value
        finding, label = APP.finding_of(case, Outline(mask, (k, j, i)), value=value, like=None)
        findings.append(finding)
        labels.append(label)
    return CaseResult(
        study_instance_uid=case.study_instance_uid, series_instance_uid=case.series_instance_uid, app=APP.id,
        version=APP.version, plugins=(use,), evaluable=True, findings=tuple(findings), labels=tuple(labels),
        labels_kji=labels_kji,
    )  # fmt: skip


_INSTALLED: list[Path] = []


def install() -> None:
    """Install the app for this process, once."""
    if _INSTALLED:
        return
    site = Path(tempfile.mkdtemp(prefix="allward-spots-"))
    info = site / "spots-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spots\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text("[allward.apps]\nspots = tests.spots:APP\n")
    sys.path.append(str(site))
    _INSTALLED.append(site)
