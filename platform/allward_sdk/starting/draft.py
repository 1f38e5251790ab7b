"""A stage as lines of TOML, with what it finds; what is told by no graph is asked in a comment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from allward_sdk.errors import UsageError
from allward_sdk.starting import asked
from allward_sdk.starting.tensors_of_graph import Graph, Tensor

WINDOW, TILE = 96, 224
"""Voxels or pixels along an axis that the graph leaves open, until a person says better."""

MOST_LABELS = 255
"""Source: a label's value is 1 to 255, see `Label.value`."""

Kind = Literal["organ", "lesion", "class"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What `plugin.toml` says of the model and what it finds."""

    stage: tuple[str, ...]
    """The lines of ``[[stages]]``."""
    labels: tuple[str, ...]
    """Names of the labels."""
    kind: Kind
    """What a label stands for."""
    slot: str
    """Slot that is filled."""
    modality: str
    """Value of (0008,0060) that is taken."""
    measured: bool = False
    """Whether labels have a volume."""


def text(value: str) -> str:
    """Return a string as TOML; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)


def row(values: Sequence[object]) -> str:
    """Return numbers as a TOML array."""
    return f"[{', '.join(map(str, values))}]"


def names(labels: Sequence[str]) -> str:
    """Return names as a TOML array."""
    return f"[{', '.join(map(text, labels))}]"


def numbered(count: int) -> tuple[str, ...]:
    """Return names for so many labels.

    Raises
    ------
    UsageError
        If there are more than a label map can hold.
    """
    if count > MOST_LABELS:
        raise UsageError(f"The model tells {count} labels; a plug-in has {MOST_LABELS} at most.")
    return tuple(f"label_{number}" for number in range(1, count + 1))


def refuse(graph: Graph, tensor: Tensor, operation: str, wanted: str) -> UsageError:
    """Return the error that says which tensor does not fit an operation, and what would."""
    return UsageError(f"{graph.file}: {tensor.name!r} has shape {tensor.sizes}; {operation} wants {wanted}.")


def head(name: str, operation: str) -> list[str]:
    """Return the first lines of a stage."""
    return [
        "[[stages]]",
        f'name = "{name}"',
        f'operation = "{operation}"',
        'model = "model"',
    ]


def volume_input(graph: Graph, operation: str) -> tuple[list[str], tuple[int, int, int]]:
    """Return the lines of a stage's input and its window, in the model's own axes.

    Raises
    ------
    UsageError
        If the model does not take volumes of one channel.
    """
    given = graph.input
    if len(given.shape) != 5 or given.channels not in (1, None) or given.shape[0] not in (1, None):
        raise refuse(graph, given, operation, "(1, 1, three axes)")
    a, b, c = (WINDOW if size is None else size for size in given.shape[2:])
    lines = [
        "",
        "[stages.input]",
        f"name = {text(given.name)}",
        asked.ORIENTATION,
        "#   nibabel: RAS; SimpleITK, and slices stacked from the feet up: SPL; from the head down: IPL",
        f'orientation = "{"SPL" if a < c else "RAS"}"',
    ]
    if None in given.shape[2:]:
        lines.append(asked.WINDOW)
    lines += [
        f"window = {row((a, b, c))}",
        asked.PREPARE,
        '#   { do = "resample", spacing_mm = [1.0, 1.0, 1.0] },',
        '#   { do = "clip", low = -1000.0, high = 400.0 },',
        '#   { do = "normalise", scope = "volume" },',
        "prepare = []",
    ]
    return lines, (a, b, c)


def tile_input(graph: Graph, operation: str) -> list[str]:
    """Return the lines of what a stage reads from a slide.

    Raises
    ------
    UsageError
        If the model does not take tiles of three colours.
    """
    given = graph.input
    layout = _layout(given)
    if layout is None or given.shape[0] not in (1, None):
        raise refuse(graph, given, operation, "(1, 3, rows, columns) or (1, rows, columns, 3)")
    sizes = given.shape[2:] if layout == "channels_first" else given.shape[1:3]
    lines = ["", "[stages.tiles]", f"name = {text(given.name)}", f'layout = "{layout}"']
    if None in sizes:
        lines.append(asked.TILE)
    return [
        *lines,
        f"tile = {row([TILE if size is None else size for size in sizes])}",
        asked.MPP,
        "mpp = 0.5",
        asked.COLOURS,
        "mean = [0.0, 0.0, 0.0]",
        "std = [1.0, 1.0, 1.0]",
    ]


def _layout(given: Tensor) -> Literal["channels_first", "channels_last"] | None:
    if len(given.shape) != 4:
        return None
    if given.shape[1] == 3:
        return "channels_first"
    return "channels_last" if given.shape[3] == 3 else None


@dataclass(frozen=True, slots=True)
class Scores:
    """How the numbers of an output become probabilities."""

    activation: Literal["none", "sigmoid", "softmax"]
    exclusive: bool
    """Whether channels exclude each other."""
    asked: tuple[str, ...]
    """What a person has to confirm."""


def scores_of(output: Tensor, channels: int, *, exclusive: bool) -> Scores:
    """Tell from the last operator how scores become probabilities; `exclusive` where it does not tell."""
    if output.made_by == "Sigmoid":
        return Scores("none", exclusive=False, asked=())
    if output.made_by == "Softmax":
        return Scores("none", exclusive=channels > 1, asked=())
    alone = channels == 1 or not exclusive
    question = asked.activation(output.made_by)
    return Scores("sigmoid" if alone else "softmax", exclusive=not alone, asked=(question,))
