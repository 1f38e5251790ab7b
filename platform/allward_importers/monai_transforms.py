"""MONAI's transforms around a net as operators of the manifest; each is mapped, or refused by name.

Source: MONAI 1.6, `transforms`. The dictionary forms (`Spacingd`) and the plain ones (`Spacing`) do the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from allward_importers.bundle_files import Expression, refuse_expressions
from allward_importers.json_files import Table, numbers
from allward_importers.refusal import RefusedError

_NO_EFFECT = frozenset(
    (
        *("LoadImage", "EnsureChannelFirst", "AddChannel", "AsChannelFirst", "EnsureType", "ToTensor"),
        *("CastToType", "SaveImage", "Identity", "ToDevice", "DeleteItems", "CopyItems", "SelectItems"),
    )
)
"""What loads, stores and converts: the platform does that itself."""


@dataclass(slots=True)
class Before:
    """What is done to an image before the net sees it."""

    orientation: str | None = None
    operators: list[dict[str, Any]] = field(default_factory=list)
    is_positive: bool = False
    """Whether no value is below 0, so that "above 0" and "not 0" are the same."""


@dataclass(slots=True)
class After:
    """What is done to the net's output."""

    activation: str = "none"
    threshold: float | None = None
    is_back: bool = False
    """Whether it lies on the grid of the series again."""
    is_labels: bool = False
    clean: list[dict[str, Any]] = field(default_factory=list)


def read_before(transforms: Table) -> Before:
    """Map the transforms before the net; raises RefusedError with the name of what cannot be mapped."""
    found = Before()
    for name, options in _steps(transforms):
        _map(name, options, _BEFORE)(options, found)
    if found.orientation is None:
        raise RefusedError(
            f"{transforms.place}: no Orientation is there, so nobody knows where right and left are; put one "
            "in front."
        )
    return found


def read_after(transforms: Table) -> After:
    """Map the transforms after the net; raises RefusedError with the name of what cannot be mapped."""
    found = After()
    for name, options in _steps(transforms):
        _map(name, options, _AFTER)(options, found)
    return found


def _map(
    name: str, options: Table, known: dict[str, Callable[[Table, Any], None]]
) -> Callable[[Table, Any], None]:
    if name in _NO_EFFECT:
        return _nothing
    if name not in known:
        raise RefusedError(f"{options.place}: the transform {name} cannot be expressed in a manifest.")
    ignored = (
        "keys",
        "meta_keys",
        "meta_key_postfix",
        "device",
        "orig_keys",
        "orig_meta_keys",
        "transform",
        "name",
    )
    for key, value in options.data.items():
        if key not in ignored:
            refuse_expressions(value, f"{options.place}: {name}.{key}")
    return known[name]


def _nothing(options: Table, found: Any) -> None:
    """Do nothing: the platform does this by itself."""


def _steps(transforms: Table) -> list[tuple[str, Table]]:
    """Return name and options of each transform of a `Compose`."""
    if transforms.text("_target_").rpartition(".")[2] != "Compose":
        raise RefusedError(f"{transforms.place}: {transforms.text('_target_')} is no Compose.")
    steps = transforms.value("transforms")
    if isinstance(steps, Expression) or not isinstance(steps, list):
        raise RefusedError(f"{transforms.place}: transforms is {steps!r}, not a list of transforms.")
    found = []
    for number, step in enumerate(steps):
        options = Table(step, f"{transforms.place}: transforms.{number}")
        if options.data.get("_disabled_") in (True, "true"):
            continue
        name = options.text("_target_")
        if isinstance(options.data["_target_"], Expression):
            refuse_expressions(options.data["_target_"], options.place)
        found.append((plain_name(name), options))
    return found


def plain_name(target: str) -> str:
    """Return the name of a transform without its package, and without what marks its dictionary form."""
    name = target.rpartition(".")[2]
    for suffix in ("Dict", "d", "D"):
        plain = name.removesuffix(suffix)
        if plain in _NO_EFFECT or plain in _BEFORE or plain in _AFTER:
            return plain
    return name


def _only(options: Table, **expected: Any) -> None:
    """Refuse options that are neither missing nor as expected."""
    for key, value in expected.items():
        if options.data.get(key, value) != value:
            raise RefusedError(
                f"{options.place}: {key} is {options.data[key]!r}, only {value!r} can be expressed."
            )


def _orientation(options: Table, found: Before) -> None:
    axes = options.text("axcodes").upper()
    if any(operator["do"] == "resample" for operator in found.operators):
        raise RefusedError(
            f"{options.place}: Orientation after Spacing cannot be expressed; put it in front."
        )
    found.orientation = axes


def _spacing(options: Table, found: Before) -> None:
    _only(options, diagonal=False, align_corners=False, scale_extent=False, recompute_affine=False)
    _only(options, min_pixdim=None, max_pixdim=None, padding_mode="border", ensure_same_shape=True)
    mode = options.data.get("mode", "bilinear")
    mode = mode[0] if isinstance(mode, list) and mode else mode
    orders = {"bilinear": 1, 1: 1, "nearest": 0, 0: 0}
    if mode not in orders:
        raise RefusedError(f"{options.place}: mode is {mode!r}; bilinear and nearest can be expressed.")
    spacing = options.numbers("pixdim", 3)
    if min(spacing) <= 0:
        raise RefusedError(
            f"{options.place}: pixdim is {spacing}; a spacing that is kept cannot be expressed."
        )
    found.operators.append(
        {"do": "resample", "spacing_mm": list(spacing), "order": orders[mode], "convention": "spaced"}
    )


def _scale_range(options: Table, found: Before) -> None:
    low, high, to_low, to_high = (_number(options, key) for key in ("a_min", "a_max", "b_min", "b_max"))
    if high == low:
        raise RefusedError(f"{options.place}: a_min and a_max are both {low}.")
    factor = (to_high - to_low) / (high - low)
    found.operators.append({"do": "scale", "factor": factor, "offset": to_low - low * factor})
    found.is_positive = False
    if options.data.get("clip", False):
        found.operators.append({"do": "clip", "low": to_low, "high": to_high})
        found.is_positive = to_low >= 0


def _normalise(options: Table, found: Before) -> None:
    _only(options, nonzero=False, dtype="float32")
    subtracted, divided = options.data.get("subtrahend"), options.data.get("divisor")
    if (subtracted is None) != (divided is None):
        raise RefusedError(f"{options.place}: subtrahend and divisor have to be given both, or neither.")
    operator: dict[str, Any] = {"do": "normalise", "scope": "volume"}
    if subtracted is not None:
        mean, std = (_single(value, options.place) for value in (subtracted, divided))
        operator = {"do": "normalise", "scope": "given", "mean": mean, "std": std}
    found.operators.append(operator)
    found.is_positive = False


def _crop(options: Table, found: Before) -> None:
    _only(options, margin=0, k_divisible=1, channel_indices=None, select_fn=None)
    if not found.is_positive:
        raise RefusedError(
            f"{options.place}: CropForeground crops to what is above 0; where values may be negative, that "
            "cannot be expressed. Put it behind a ScaleIntensityRange with clip and b_min = 0."
        )
    found.operators.append({"do": "crop_to_nonzero"})


def _activations(options: Table, found: After) -> None:
    softmax, sigmoid = options.data.get("softmax", False), options.data.get("sigmoid", False)
    if options.data.get("other") is not None or softmax == sigmoid:
        raise RefusedError(f"{options.place}: Activations has to name softmax or sigmoid.")
    found.activation = "softmax" if softmax else "sigmoid"


def _invert(options: Table, found: After) -> None:
    _only(options, nearest_interp=False)
    if found.is_labels:
        raise RefusedError(
            f"{options.place}: Invert after AsDiscrete brings labels back; here probabilities are. Put it in "
            "front."
        )
    found.is_back = True


def _discrete(options: Table, found: After) -> None:
    _only(options, rounding=None)
    if options.data.get("argmax"):
        found.threshold = None
    elif "threshold" in options.data or "threshold_values" in options.data:
        found.threshold = _number(options, "threshold") if "threshold" in options.data else 0.5
    else:
        raise RefusedError(f"{options.place}: AsDiscrete has to say argmax or threshold.")
    found.is_labels = True


def _largest(options: Table, found: After) -> None:
    _only(options, applied_labels=None, independent=True, connectivity=None, num_components=1)
    if not found.is_labels:
        raise RefusedError(f"{options.place}: KeepLargestConnectedComponent has to stand behind AsDiscrete.")
    found.clean.append({"do": "largest_component"})


def _number(options: Table, key: str) -> float:
    return _single(options.value(key), f"{options.place}: {key}")


def _single(value: Any, place: str) -> float:
    whole: Sequence[Any] = value if isinstance(value, list) else [value]
    return numbers(whole, place, 1)[0]


_BEFORE: dict[str, Callable[[Table, Any], None]] = {
    "Orientation": _orientation,
    "Spacing": _spacing,
    "ScaleIntensityRange": _scale_range,
    "NormalizeIntensity": _normalise,
    "CropForeground": _crop,
}
_AFTER: dict[str, Callable[[Table, Any], None]] = {
    "Activations": _activations,
    "Invert": _invert,
    "AsDiscrete": _discrete,
    "KeepLargestConnectedComponent": _largest,
}
