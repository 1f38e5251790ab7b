"""A slide, stack by stack: one request for each, their answers put together, maps drawn at the end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.requests import SegmentResult
from allward_engine.tile_requests import TileRequest, Tiles
from allward_sdk.classes import TileClassificationStage, TileHeatMap
from allward_sdk.errors import BadInputError
from allward_sdk.found import Found, SlideMap, TileClasses

RunStack = Callable[[TileRequest, Tiles], SegmentResult]
"""Runs one stack: `run_locally` or `EngineClient.segment`, with its other arguments bound."""

MOST_PLACES = 100_000_000
"""Places of a map; a slide of 100,000 pixels a side at a stride of 32 has a tenth of that."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Some tiles of a slide and where they lie; see `TileRequest`."""

    tiles: Tiles
    corners_px: tuple[tuple[int, int], ...]


def run_slide(request: TileRequest, stacks: Iterable[Stack], run: RunStack) -> SegmentResult:
    """Run a plug-in on a slide of any size; only one stack is held at a time.

    Parameters
    ----------
    request
        For all stacks; its own `corners_px` are not looked at.
    stacks
        Asked for the next one when the one before is answered.

    Returns
    -------
    as of one stack with all tiles, `index` counting through the stacks, with the declared slide maps

    Raises
    ------
    BadInputError
        If there is no stack, or tiles do not lie on the grid of a map.
    """
    results: list[SegmentResult] = []
    corners: list[tuple[int, int]] = []
    counts: list[int] = []
    for stack in stacks:
        results.append(run(replace(request, corners_px=stack.corners_px), stack.tiles))
        corners += stack.corners_px
        counts.append(len(stack.tiles))
    if not results:
        raise BadInputError("The slide has no tiles.")
    whole = _joined(results, counts)
    maps = [_drawn(stage, stage.heat_map, whole, request.mpp, corners) for stage in _with_maps(request)]
    return replace(
        whole,
        found=(*whole.found, *(record for record, _ in maps)),
        arrays={**whole.arrays, **{record.values: values for record, values in maps}},
    )


def _with_maps(request: TileRequest) -> list[TileClassificationStage]:
    stages = [stage for stage in request.manifest.stages if isinstance(stage, TileClassificationStage)]
    return [stage for stage in stages if stage.heat_map is not None]


def _joined(results: list[SegmentResult], counts: list[int]) -> SegmentResult:
    """Put the answers of all stacks together."""
    first_of = np.concatenate([[0], np.cumsum(counts)[:-1]])
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name in results[0].arrays:
        parts = [result.arrays[name] for result in results]
        if name.endswith(".index"):
            parts = [part + np.int32(first) for part, first in zip(parts, first_of, strict=True)]
        arrays[name] = np.concatenate(parts)
    timings: dict[str, float] = {}
    for result in results:
        for stage, took_s in result.timings_s.items():
            timings[stage] = round(timings.get(stage, 0.0) + took_s, 3)
    run = {name for result in results for name in result.stages_run}
    return replace(
        results[-1],
        found=results[0].found,
        arrays=arrays,
        timings_s=timings,
        stages_run=tuple(record.stage for record in results[0].found if record.stage in run),
    )


def _drawn(
    stage: TileClassificationStage,
    wanted: TileHeatMap | None,
    whole: SegmentResult,
    mpp: float,
    corners: list[tuple[int, int]],
) -> tuple[SlideMap, npt.NDArray[np.float32]]:
    """Return the map of a stage, its place on the slide told by the record."""
    assert wanted is not None
    record = _record(stage.name, whole.found)
    at, stride = np.asarray(corners, np.int64), np.asarray(wanted.stride_px, np.int64)
    low = at.min(axis=0)
    place, off = np.divmod(at - low, stride)
    if off.any():
        raise BadInputError(
            f"The tiles do not lie {wanted.stride_px} pixels apart, as stage {stage.name!r} needs."
        )
    rows, columns = (int(n) + 1 for n in place.max(axis=0))
    if rows * columns > MOST_PLACES:
        raise BadInputError(f"A map of {rows} x {columns} places is larger than any slide.")
    values = np.full((len(wanted.labels), rows, columns), np.nan, np.float32)
    index, told = whole.arrays[record.index], whole.arrays[record.probabilities]
    which = [record.labels.index(label) for label in wanted.labels]
    values[:, place[index, 0], place[index, 1]] = told[:, which].T
    drawn = SlideMap(
        stage=stage.name,
        labels=wanted.labels,
        meaning=wanted.meaning,
        values=f"{stage.name}.map",
        corner_px=(int(low[0]), int(low[1])),
        stride_px=wanted.stride_px,
        mpp=mpp,
    )
    return drawn, values


def _record(stage: str, found: tuple[Found, ...]) -> TileClasses:
    return next(each for each in found if isinstance(each, TileClasses) and each.stage == stage)
