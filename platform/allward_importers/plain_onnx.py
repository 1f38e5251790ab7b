"""`allward plugin import-onnx`: an ONNX file of which nothing is known but its graph.

Tensors are read from the graph. Where its axes point and how far apart its voxels are, no graph tells: they
are asked for. What the channels mean, what it is for and under which licence it stands are left as questions
that `allward plugin check` reports.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allward_importers.known_classes import labels, name_of
from allward_importers.plugin_folder import Imported, Source, resources_for, volumes_of
from allward_importers.refusal import RefusedError
from allward_sdk import graph_limits, graphs

if TYPE_CHECKING:
    import onnx

_FLOAT = 1
"""Source: ONNX, TensorProto.DataType.FLOAT."""
_PROBABILITIES = ("Sigmoid", "Softmax")
_FEATURES = 32
"""Features of the finest level, of which a graph says nothing: what most U-Nets have."""

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What only a person can tell.

    Attributes
    ----------
    orientation
        Where each axis of the tensor grows to, such as RAS.
    spacing_mm
        Of the tensor's axes; None if the model takes images as they are.
    window
        Shape of the input, where the graph leaves it open.
    modality
        (0008,0060) of the images.
    labels
        Names of the output's channels, background left out; numbered if empty.
    """

    orientation: str
    spacing_mm: tuple[float, ...] | None = None
    window: tuple[int, ...] | None = None
    modality: str = "CT"
    labels: tuple[str, ...] = ()


def import_onnx(file: Path, answers: Answers, *, licence: str = "") -> Imported:
    """Read an ONNX file that outlines structures in a volume.

    Raises
    ------
    RefusedError
        If its graph is not one that a plug-in may have, or does not outline.
    """
    model = _read(file)
    read, wrote = _tensor(model, file, "input"), _tensor(model, file, "output")
    window = _window(read, answers, file)
    margins = _margins(wrote, window, file)
    channels = wrote[1][1]
    if channels is None:
        raise RefusedError(f"{file}: the graph does not say how many channels {wrote[0]!r} has.")
    names = answers.labels or tuple(f"channel {n}" for n in range(1, max(channels, 2)))
    if len(names) != max(channels - 1, 1):
        raise RefusedError(
            f"{file}: {wrote[0]!r} has {channels} channels, but {len(names)} labels are named."
        )
    found = labels(names)
    stage = {
        "name": name_of(file.stem),
        "model": name_of(file.stem),
        "input": {
            "name": read[0],
            "orientation": answers.orientation,
            "prepare": _prepare(answers),
            "window": list(window),
        },
        "output": {
            "name": wrote[0],
            **_reading(model, channels),
            "margin_low": [low for low, _ in margins],
            "margin_high": [high for _, high in margins],
            "blend": "gaussian",
            "overlap": 0.25,
            "labels": [one["name"] for one in found],
        },
    }
    return Imported(
        title=file.stem,
        tool="an ONNX file",
        licence=licence,
        tables={
            "wants": {"modality": [answers.modality]},
            "stages": [stage],
            "labels": found,
            "measurements": volumes_of(found),
            "resources": resources_for(window, channels, _FEATURES),
        },
        models={name_of(file.stem): file.read_bytes()},
        sources=[Source.of(file, name=file.name)],
        notes=[
            "Nothing but the graph was read: its tensors, its operators, its size.",
            "Grey values are given to the model as they are (HU on CT); write what it was trained with into "
            "`prepare`.",
            "Windows overlap by a quarter and are joined by a Gaussian; the original may do otherwise.",
        ],
    )


def _read(file: Path) -> "onnx.ModelProto":
    try:
        model = graphs.load_graph(file)
    except (ValueError, OSError) as error:
        raise RefusedError(f"{file}: {error}") from error
    faults = [
        *graphs.faults_of_external_data(model),
        *graphs.faults_of_operators(model),
        *graphs.faults_of_opset(model),
        *graph_limits.faults_of_demands(model),
    ]
    if faults:
        raise RefusedError(f"{file}: {'; '.join(faults)}.")
    return model


def _tensor(model: "onnx.ModelProto", file: Path, which: str) -> tuple[str, Shape]:
    """Return name and shape of the only input or output; None in a shape is left open by the graph."""
    initial = {tensor.name for tensor in model.graph.initializer}
    values = [value for value in getattr(model.graph, which) if value.name not in initial]
    if len(values) != 1:
        names = ", ".join(repr(value.name) for value in values)
        raise RefusedError(f"{file}: the graph has {len(values)} {which}s ({names}); a stage has one.")
    tensor = values[0].type.tensor_type
    shape = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim)
    if tensor.elem_type != _FLOAT:
        raise RefusedError(f"{file}: {values[0].name!r} is not float32.")
    if len(shape) != 5:
        raise RefusedError(
            f"{file}: {values[0].name!r} has {len(shape)} axes; only models that outline structures in a "
            "volume, (1, channels, a, b, c), are taken over. Write plugin.toml by hand for others."
        )
    return str(values[0].name), shape


def _window(read: tuple[str, Shape], answers: Answers, file: Path) -> tuple[int, int, int]:
    name, shape = read
    if shape[1] not in (1, None):
        raise RefusedError(f"{file}: {name!r} has {shape[1]} channels; a stage is given one image.")
    found = [told or open_ for told, open_ in zip(shape[2:], answers.window or (None,) * 3, strict=True)]
    if any(n is None for n in found):
        raise RefusedError(f"{file}: the graph leaves the shape of {name!r} open; say it with --window.")
    a, b, c = (int(n or 0) for n in found)
    return a, b, c


def _margins(wrote: tuple[str, Shape], window: tuple[int, int, int], file: Path) -> list[tuple[int, int]]:
    """Return what the output does not cover of the window, taken to be the same at both ends."""
    covered = [told or size for told, size in zip(wrote[1][2:], window, strict=True)]
    missing = [size - n for size, n in zip(window, covered, strict=True)]
    if min(missing) < 0:
        raise RefusedError(f"{file}: {wrote[0]!r} is larger than the input; no stage can use that.")
    return [(n // 2, n - n // 2) for n in missing]


def _prepare(answers: Answers) -> list[dict[str, Any]]:
    if answers.spacing_mm is None:
        return []
    return [{"do": "resample", "spacing_mm": list(answers.spacing_mm), "order": 1}]


def _reading(model: "onnx.ModelProto", channels: int) -> dict[str, Any]:
    """Return how labels are read: one channel by a threshold, several by the largest."""
    makers = {name: node.op_type for node in model.graph.node for name in node.output}
    is_probability = makers.get(model.graph.output[0].name) in _PROBABILITIES
    if channels > 1:
        return {"activation": "none"}
    return {"activation": "none" if is_probability else "sigmoid", "threshold": 0.5}
