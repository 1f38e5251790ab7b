"""Showing windows to the models of a stage, and checking what they return."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from allward_engine.grids import BoolImage, FloatImage, Grid
from allward_engine.operations.windows import Window, cut, mirrored, output_shape, plan_windows
from allward_engine.requests import Progress, SegmentRequest
from allward_engine.sessions import Head, ModelSpec, Output
from allward_engine.units import Infer, Units
from allward_sdk.errors import BadInputError, PluginFaultError
from allward_sdk.stages import SegmentationStage

PREPARED, WINDOWS = 0.15, 0.95
"""Share of a stage's progress at which it is prepared, and at which its windows are done."""


@dataclass(frozen=True, slots=True)
class StageImage:
    """A prepared image with the mask that it is restricted to, both in the model's axes."""

    image: npt.NDArray[Any]
    grid: Grid
    mask: BoolImage | None


class Sum(Protocol):
    """Takes the outputs of windows."""

    def add(self, values: FloatImage, window: Window, member: int, head: Head | None) -> None:
        """Add what one model returned for a window.

        Parameters
        ----------
        values : shape (channel, a, b, c), the axes of the image
            Activated where the stage says so; features if there is a head.
        member
            Which of the stage's models.
        """


@dataclass(slots=True)
class Looks:
    """What the models of a stage are shown, and how far that is.

    Attributes
    ----------
    channels
        Classes that the models return.
    """

    stage: SegmentationStage
    specs: tuple[ModelSpec, ...]
    windows: list[Window]
    channels: int
    done: int = 0
    _flips: tuple[tuple[int, ...], ...] = field(default=((),))

    @classmethod
    def plan(
        cls, stage: SegmentationStage, request: SegmentRequest, ready: StageImage, *, headless: bool = False
    ) -> "Looks":
        """Plan the windows; those whose output (and a voxel around it) lies outside the mask are left out.

        Raises
        ------
        BadInputError
            If the image does not fit into a window that must hold it.
        """
        specs = tuple(
            ModelSpec(
                sha256=request.manifest.models[name].sha256,
                input_name=stage.input.name,
                outputs=(stage.output.name,),
                input_shape=(1, *stage.input.window),
                headless=headless,
            )
            for name in stage.members
        )
        return cls(
            stage=stage,
            specs=specs,
            windows=_windows(stage, ready, around=1 if headless else 0),
            channels=channels_of(stage),
            _flips=tuple(mirrored(stage)),
        )

    @property
    def progress(self) -> Progress:
        """How far the stage is."""
        units = len(self.windows) * len(self.specs) * len(self._flips)
        fraction = PREPARED + (WINDOWS - PREPARED) * self.done / units
        return Progress(stage=self.stage.name, unit=self.done, units=units, fraction=fraction)

    def show(self, image: FloatImage, window: Window, into: Sum) -> Units[None]:
        """Show a window to every model, in every mirrored way.

        Raises
        ------
        PluginFaultError
            If a model fails, or returns what the manifest does not say.
        """
        tensor = cut(image, window, self.stage)
        for member, spec in enumerate(self.specs):
            for axes in self._flips:
                turned = np.ascontiguousarray(np.flip(tensor, tuple(axis + 2 for axis in axes)))
                output = yield Infer(spec, turned)
                assert output is not None
                values = self._checked(output)
                into.add(np.flip(values, tuple(axis + 1 for axis in axes)), window, member, output.head)
                del output, values, turned
                self.done += 1
                yield self.progress

    def _checked(self, output: Output) -> FloatImage:
        tensor, head = output.tensors[0], output.head
        channels = self.channels
        if head is not None and head.weights.shape[0] == channels:
            channels = head.weights.shape[1]
        expected = (1, channels, *output_shape(self.stage))
        if tensor.shape != expected:
            raise PluginFaultError(
                f"Stage {self.stage.name!r}: the model returned {tensor.shape}, the manifest says {expected}."
            )
        if not (np.isfinite(tensor.max()) and np.isfinite(tensor.min())):
            raise PluginFaultError(f"Stage {self.stage.name!r}: the model returned NaN or infinite values.")
        values: FloatImage = tensor[0]
        return values if self.stage.output.activate == "blended" else activated(values, self.stage)


def channels_of(stage: SegmentationStage) -> int:
    """Return how many classes the stage's models return: its labels, and background without a threshold."""
    return len(stage.output.labels) + (1 if stage.output.threshold is None else 0)


def activated(values: FloatImage, stage: SegmentationStage) -> FloatImage:
    """Return the stage's activation of classes, shape (class, ...)."""
    if stage.output.activation == "sigmoid":
        return np.asarray(1.0 / (1.0 + np.exp(-values)), np.float32)
    if stage.output.activation == "softmax":
        raised = np.exp(values - values.max(axis=0))
        return np.asarray(raised / raised.sum(axis=0), np.float32)
    return values


def check_room(request: SegmentRequest, channels: int, shape: tuple[int, int, int]) -> None:
    """Refuse a plug-in whose blended outputs alone are larger than the memory that it declares.

    Raises
    ------
    PluginFaultError
        If they are.
    """
    need_mib = 4.0 * (channels + 1) * float(np.prod(shape)) / 2**20
    if need_mib > request.manifest.resources.memory_mib:
        raise PluginFaultError(
            f"The plug-in needs {need_mib:.0f} MiB for its output alone; "
            f"it declares {request.manifest.resources.memory_mib} MiB."
        )


def _windows(stage: SegmentationStage, ready: StageImage, *, around: int) -> list[Window]:
    windows = plan_windows(ready.grid.shape, stage)
    if len(windows) > 1 and stage.input.larger_than_window == "refuse":
        raise BadInputError(
            f"The body is larger than the plug-in can take: {ready.grid.shape} voxels as prepared for "
            f"stage {stage.name!r}, at most {output_shape(stage)}."
        )
    if ready.mask is None:
        return windows
    mask = ready.mask
    return [
        window
        for window in windows
        if mask[tuple(slice(max(s.start - around, 0), s.stop + around) for s in window.core)].any()
    ]
