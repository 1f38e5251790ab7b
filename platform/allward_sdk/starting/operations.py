"""A draft of a stage for each operation, from the tensors of a graph."""

from collections.abc import Callable, Sequence

from allward_sdk.starting import asked
from allward_sdk.starting.draft import (
    TILE,
    WINDOW,
    Draft,
    head,
    names,
    numbered,
    refuse,
    row,
    scores_of,
    text,
    tile_input,
    volume_input,
)
from allward_sdk.starting.tensors_of_graph import Graph, Tensor

_SCORES = ("score", "prob", "cls", "class", "conf", "heat", "hm")
_SIZE = ("size", "diam", "dim", "edge")
_OFFSET = ("offset", "shift", "off", "reg")
"""Parts of names by which outputs of a detector are told apart."""


def segmentation(graph: Graph) -> Draft:
    """Outline labels in windows: (1, 1, window) to (1, channel, window less margins)."""
    lines, window = volume_input(graph, "segmentation")
    output = graph.outputs[0]
    if len(output.shape) != 5 or output.channels is None:
        raise refuse(graph, output, "segmentation", "(1, channels, three axes)")
    scores = scores_of(output, output.channels, exclusive=True)
    labels = numbered(output.channels - (1 if scores.exclusive else 0))
    covered = [n if size is None else size for n, size in zip(window, output.shape[2:], strict=True)]
    missing = [n - size for n, size in zip(window, covered, strict=True)]
    if min(missing) < 0:
        raise refuse(graph, output, "segmentation", f"no more than the window {row(window)}")
    lines += ["", "[stages.output]", f"name = {text(output.name)}", *scores.asked]
    lines.append(f'activation = "{scores.activation}"')
    if any(missing):
        lines.append(f"margin_low = {row([each // 2 for each in missing])}")
        lines.append(f"margin_high = {row([each - each // 2 for each in missing])}")
    else:
        lines += ['blend = "gaussian"', "overlap = 0.5"]
    if not scores.exclusive:
        lines += [asked.THRESHOLD, "threshold = 0.5"]
    return Draft(
        stage=(*head("outline", "sliding_window_segmentation"), *lines, f"labels = {names(labels)}"),
        labels=labels,
        kind="organ",
        slot="any_imaging.segmentation",
        modality="CT",
        measured=True,
    )


def detection(graph: Graph) -> Draft:
    """Find candidates: one answer a window, or one for each cell of a grid in it."""
    lines, window = volume_input(graph, "detection_3d")
    scores = _named(graph.outputs, _SCORES) or graph.outputs[0]
    channels = scores.channels
    if len(scores.shape) not in (2, 5) or channels is None:
        wanted = "(1, channels) or (1, channels, three axes); an anchor net's anchors are told by no graph, "
        wanted += "write its stage as [AnchorDecode] of `allward plugin schema --format markdown` says"
        raise refuse(graph, scores, "detection_3d", wanted)
    told = scores_of(scores, channels, exclusive=False)
    labels = numbered(channels - (1 if told.exclusive else 0))
    others = [each for each in graph.outputs if each is not scores and len(each.shape) == len(scores.shape)]
    size = _named([each for each in others if each.channels in (1, 3)], _SIZE)
    offset = _named([each for each in others if each.channels == 3 and each is not size], _OFFSET)
    lines += ["", "[stages.output]", f"labels = {names(labels)}", *told.asked]
    lines.append(f'activation = "{told.activation}"')
    lines += [asked.CANDIDATE, "threshold = 0.5"]
    lines += [asked.SAME]
    lines.append(
        'suppress = { by = "overlap", above = 0.1 }'
        if size
        else 'suppress = { by = "distance", within_mm = 5.0 }'
    )
    lines += ["", "[stages.output.decode]", *_decode(graph, scores, window)]
    if told.exclusive:
        lines.append(f"channels = {row(range(1, channels))}")
    if size is not None:
        lines += [f"size = {text(size.name)}", asked.SIZE_UNIT, 'size_unit = "mm"']
    if offset is not None:
        lines += [f"offset = {text(offset.name)}", asked.OFFSET_UNIT, 'offset_unit = "voxel"']
    return Draft((*head("find", "detection_3d"), *lines), labels, "lesion", "any_imaging.detection", "CT")


def _decode(graph: Graph, scores: Tensor, window: tuple[int, int, int]) -> list[str]:
    if len(scores.shape) == 2:
        return ['kind = "dense"', f"scores = {text(scores.name)}"]
    return [
        'kind = "grid"',
        f"scores = {text(scores.name)}",
        f"stride = {row(_stride(graph, scores, window))}",
    ]


def _stride(graph: Graph, output: Tensor, window: tuple[int, int, int]) -> list[int]:
    """Return the voxels from one cell to the next; where the graph leaves it open, 1."""
    cells = [n if size is None else size for n, size in zip(window, output.shape[2:], strict=True)]
    if any(n % size for n, size in zip(window, cells, strict=True)):
        raise refuse(graph, output, "a grid", f"a whole number of cells in the window {row(window)}")
    return [n // size for n, size in zip(window, cells, strict=True)]


def _named(outputs: Sequence[Tensor], parts: Sequence[str]) -> Tensor | None:
    return next((each for each in outputs if any(part in each.name.lower() for part in parts)), None)


def classification(graph: Graph) -> Draft:
    """Judge a volume as a whole, in one window in its middle."""
    lines, _ = volume_input(graph, "classification")
    output, labels = _classes(graph, "classification")
    place = [asked.PLACE]
    place += ['over = "centre"', 'larger_than_window = "cut"']
    stage = (*head("judge", "classification"), *place, *lines, *output)
    return Draft(stage, labels, "class", "any_imaging.classification", "CT")


def tile_classification(graph: Graph) -> Draft:
    """Judge each tile of a slide."""
    lines = tile_input(graph, "tile_classification")
    output, labels = _classes(graph, "tile_classification")
    stage = (*head("judge", "tile_classification"), *lines, *output)
    return Draft(stage, labels, "class", "any_imaging.tiles", "SM")


def _classes(graph: Graph, operation: str) -> tuple[list[str], tuple[str, ...]]:
    output = graph.outputs[0]
    if len(output.shape) != 2 or output.channels is None:
        raise refuse(graph, output, operation, "(1, classes)")
    scores = scores_of(output, output.channels, exclusive=True)
    labels = numbered(output.channels)
    lines = ["", "[stages.output]", f"name = {text(output.name)}", *scores.asked]
    lines += [f'activation = "{scores.activation}"', f"labels = {names(labels)}"]
    if not scores.exclusive:
        lines += [asked.CHOOSE, 'choose = "several"']
        lines.append(f"thresholds = {row([0.5] * len(labels))}")
    return lines, labels


def embedding(graph: Graph) -> Draft:
    """Describe a tile, or a volume, by a vector."""
    reads_tiles = len(graph.input.shape) == 4
    lines = tile_input(graph, "embedding") if reads_tiles else volume_input(graph, "embedding")[0]
    output = graph.outputs[0]
    if len(output.shape) != 2 or output.channels is None:
        raise refuse(graph, output, "embedding", "(1, length)")
    lines += ["", "[stages.output]", f"name = {text(output.name)}", f"length = {output.channels}"]
    slot, modality = "any_imaging.embedding", "SM" if reads_tiles else "CT"
    return Draft((*head("describe", "embedding"), *lines), numbered(1), "class", slot, modality)


def heat_map(graph: Graph) -> Draft:
    """Draw a coarse map over a volume."""
    lines, window = volume_input(graph, "heatmap")
    output = graph.outputs[0]
    if len(output.shape) != 5 or output.channels is None:
        raise refuse(graph, output, "heatmap", "(1, channels, three axes)")
    scores = scores_of(output, output.channels, exclusive=False)
    labels = numbered(output.channels)
    lines += ["", "[stages.output]", f"name = {text(output.name)}", *scores.asked]
    lines += [f'activation = "{scores.activation}"', f"labels = {names(labels)}"]
    lines += [f"stride = {row(_stride(graph, output, window))}"]
    lines.append('meaning = { en = "? What does a value mean", zh = "？ 数值的含义是什么" }')
    return Draft((*head("map", "heatmap"), *lines), labels, "class", "any_imaging.heat_map", "CT")


OPERATIONS: dict[str, Callable[[Graph], Draft]] = {
    "segmentation": segmentation,
    "detection_3d": detection,
    "classification": classification,
    "tile_classification": tile_classification,
    "embedding": embedding,
    "heatmap": heat_map,
}
"""What `--operation` may be -> how its stage is drafted."""

_VOLUME = Tensor("input", (None, 1, WINDOW, WINDOW, WINDOW))
_TILES = Tensor("input", (None, 3, TILE, TILE))
_MAP = Tensor("output", (None, 1, WINDOW, WINDOW, WINDOW))

WITHOUT_MODEL: dict[str, Graph] = {
    "segmentation": Graph("model.onnx", _VOLUME, (_MAP,)),
    "detection_3d": Graph("model.onnx", _VOLUME, (Tensor("scores", (None, 1)),)),
    "classification": Graph("model.onnx", _VOLUME, (Tensor("output", (None, 2)),)),
    "tile_classification": Graph("model.onnx", _TILES, (Tensor("output", (None, 2)),)),
    "embedding": Graph("model.onnx", _TILES, (Tensor("output", (None, 512)),)),
    "heatmap": Graph("model.onnx", _VOLUME, (_MAP,)),
}
"""A usual graph of each operation, for a folder that is begun before there is a model."""
