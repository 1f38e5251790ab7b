"""The built-in phantoms that a plug-in can read, written as the files that it is run on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from allward_dicom.phantom import PhantomSpec, write_abdomen_phantom
from allward_dicom.phantom_shapes import TITLES, ShapeKind, ShapesSpec, shapes_of, write_shapes_phantom
from allward_sdk.cases import PhantomName
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Manifest, Wants
from allward_sdk.parts import Localised
from allward_sdk.references import tiles_of

SHAPES: tuple[ShapeKind, ...] = get_args(ShapeKind)

COLOURS: dict[str, tuple[int, int, int]] = {
    "eosin": (226, 148, 186),
    "haematoxylin": (106, 76, 147),
    "glass": (243, 243, 243),
}
"""Stain or glass -> red, green and blue of a picture's tiles, as scanners show them."""

_TITLES: dict[PhantomName, Localised] = {
    "spheres": TITLES["spheres"],
    "boxes": TITLES["boxes"],
    "tubes": TITLES["tubes"],
    "abdomen": Localised(en="A synthetic abdomen with two liver lesions", zh="含两处肝脏病灶的合成腹部"),
    "colours": Localised(en="Tiles of known colours", zh="已知颜色的图块"),
}

_ABDOMEN_SEED = 1
_TILES_ACROSS = 2
"""Tiles of one colour along each side of its picture."""


def title_of(name: PhantomName) -> Localised:
    """Return what a phantom shows."""
    return _TITLES[name]


def contents_of(name: PhantomName, manifest: Manifest) -> str:
    """Say in numbers what a phantom holds; empty where it is drawn and not measured."""
    if name == "colours":
        return ", ".join(f"{stain} {colour}" for stain, colour in COLOURS.items())
    if name == "abdomen":
        return ""
    volumes_ml = [shape.volume_ml for shape in shapes_of(shapes_spec(name, manifest.wants))]
    return f"{' + '.join(f'{volume:.1f}' for volume in volumes_ml)} = {sum(volumes_ml):.1f} mL"


def phantoms_for(manifest: Manifest) -> tuple[PhantomName, ...]:
    """Return the phantoms that a plug-in can read; none if it reads neither CT, nor MR, nor tiles."""
    if tiles_of(manifest.stages[0]) is not None:
        return ("colours",)
    if "CT" in manifest.wants.modality:
        return (*SHAPES, "abdomen")
    return SHAPES if "MR" in manifest.wants.modality else ()


def write_phantom(name: PhantomName, manifest: Manifest, folder: Path) -> None:
    """Write a phantom that a plug-in can read into a folder.

    Raises
    ------
    BadInputError
        If the plug-in reads other images.
    """
    if name not in phantoms_for(manifest):
        raise BadInputError(f"{manifest.plugin.id} cannot read the phantom {name!r}.")
    folder.mkdir(parents=True, exist_ok=True)
    if name == "colours":
        tiles = tiles_of(manifest.stages[0])
        assert tiles is not None  # phantoms_for has looked
        _write_colours(folder, tiles.tile)
    elif name == "abdomen":
        wants = manifest.wants
        slices, spacing_mm = _slices(wants, height_mm=300.0, spacing_mm=5.0)
        spec = PhantomSpec(slices=slices, size=128, slice_spacing_mm=spacing_mm)
        write_abdomen_phantom(folder, seed=_ABDOMEN_SEED, spec=spec)
    else:
        write_shapes_phantom(folder, shapes_spec(name, manifest.wants))


def shapes_spec(kind: ShapeKind, wants: Wants) -> ShapesSpec:
    """Return the phantom of shapes that meets what a plug-in wants."""
    modality: Literal["CT", "MR"] = "CT" if "CT" in wants.modality else "MR"
    slices, spacing_mm = _slices(wants, height_mm=120.0, spacing_mm=3.0)
    body_part = wants.body_part_examined[0] if wants.body_part_examined else ""
    return ShapesSpec(
        kind, modality=modality, slices=slices, slice_spacing_mm=spacing_mm, body_part=body_part
    )


def _slices(wants: Wants, *, height_mm: float, spacing_mm: float) -> tuple[int, float]:
    """Return number and distance of slices: the height is kept if the plug-in wants thinner ones."""
    spacing_mm = min(spacing_mm, wants.max_slice_spacing_mm or spacing_mm)
    return max(wants.min_slices, round(height_mm / spacing_mm)), spacing_mm


def _write_colours(folder: Path, tile: Sequence[int]) -> None:
    rows, columns = (n * _TILES_ACROSS for n in tile)
    for name, colour in COLOURS.items():
        pixels: npt.NDArray[np.uint8] = np.empty((rows, columns, 3), np.uint8)
        pixels[:] = colour
        Image.fromarray(pixels).save(folder / f"{name}.png")
