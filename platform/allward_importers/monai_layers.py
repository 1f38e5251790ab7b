"""Layers that MONAI's nets share: how it names normalisations and activations, and where their weights lie.

Source: MONAI 1.6, `networks.layers.factories`, `networks.blocks.acti_norm`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from allward_importers.graph_writer import ONES, Activation, GraphWriter, Shape3, Value
from allward_importers.json_files import Table, integers
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights

_ACTIVATIONS: dict[str, Literal["relu", "leaky_relu", "prelu"]] = {
    "relu": "relu",
    "leakyrelu": "leaky_relu",
    "prelu": "prelu",
}


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalisation layer."""

    kind: Literal["instance", "batch", "group"]
    epsilon: float = 1e-5
    groups: int = 1


def norm_of(value: Any, place: str) -> Norm:
    """Read a norm as MONAI's nets are told it, a name or a name with options; raises RefusedError."""
    name, options = _named(value, place)
    if name not in ("instance", "batch", "group"):
        raise RefusedError(
            f"{place}: the normalisation {name!r} is not known; instance, batch and group are."
        )
    kinds: dict[str, Literal["instance", "batch", "group"]]
    kinds = {"instance": "instance", "batch": "batch", "group": "group"}
    return Norm(kinds[name], float(options.get("eps", 1e-5)), int(options.get("num_groups", 1)))


def activation_of(value: Any, place: str) -> Activation:
    """Read an activation as MONAI's nets are told it; raises RefusedError. A PReLU's slopes are weights."""
    name, options = _named(value, place)
    if name not in _ACTIVATIONS:
        raise RefusedError(f"{place}: the activation {name!r} is not known; relu, leakyrelu and prelu are.")
    return Activation(_ACTIVATIONS[name], slope=float(options.get("negative_slope", 0.01)))


def _named(value: Any, place: str) -> tuple[str, dict[str, Any]]:
    name, options = value if isinstance(value, list | tuple) and len(value) == 2 else (value, {})
    if not isinstance(name, str) or not isinstance(options, dict):
        raise RefusedError(f"{place} is {value!r}, not a name with options.")
    return name.lower(), options


def triple(value: Any, place: str) -> Shape3:
    """Return three whole numbers, of one or of three."""
    a, b, c = integers([value] * 3 if isinstance(value, int) else value, place, 3)
    return a, b, c


def refuse_options(net: Table, expected: dict[str, Any]) -> None:
    """Refuse options of a net that are neither missing nor as expected; raises RefusedError with the name."""
    for key, value in expected.items():
        found = net.data.get(key, value)
        if found != value:
            raise RefusedError(f"{net.place}: {key} is {found!r}, only {value!r} can be taken over.")


class LayerWriter:
    """Writes layers whose weights MONAI names; kernels may be of any size that the weights have."""

    def __init__(self, weights: Weights, norm: Norm, activation: Activation) -> None:
        self.graph = GraphWriter()
        self.weights = weights
        self._norm = norm
        self._activation = activation

    def convolve(self, x: Value, name: str, *, out: int | None = None, stride: Shape3 = ONES) -> Value:
        """Convolve with `name`.weight and, if it is there, `name`.bias, to `out` channels if that is said."""
        kernel = self.weights.take(f"{name}.weight")
        fits = kernel.ndim == 5 and kernel.shape[1] == x.channels and out in (None, kernel.shape[0])
        if not fits or any(n % 2 == 0 for n in kernel.shape[2:]):
            raise RefusedError(
                f"{name}.weight has shape {kernel.shape}, the net says "
                f"({out or 'any'}, {x.channels}, odd sizes)."
            )
        return self.graph.convolve(x, kernel, self.weights.get(f"{name}.bias"), stride=stride)

    def transposed(self, x: Value, name: str, *, stride: Shape3, pads: Shape3 = (0, 0, 0)) -> Value:
        """Convolve transposed, to `stride` times the shape."""
        kernel = self.weights.take(f"{name}.weight")
        if kernel.ndim != 5 or kernel.shape[0] != x.channels:
            raise RefusedError(f"{name}.weight has shape {kernel.shape}, the net says ({x.channels}, …).")
        return self.graph.transposed(x, kernel, self.weights.get(f"{name}.bias"), stride=stride, pads=pads)

    def normalise(self, x: Value, name: str) -> Value:
        """Normalise with the weights of `name`, if the layer has any."""
        scale, offset = self.weights.get(f"{name}.weight"), self.weights.get(f"{name}.bias")
        if self._norm.kind == "instance":
            return self.graph.instance_norm(x, scale, offset, epsilon=self._norm.epsilon)
        scale = np.ones(x.channels, np.float32) if scale is None else scale
        offset = np.zeros(x.channels, np.float32) if offset is None else offset
        if self._norm.kind == "group":
            groups = self._norm.groups
            return self.graph.group_norm(x, scale, offset, groups=groups, epsilon=self._norm.epsilon)
        mean, variance = (self.weights.take(f"{name}.running_{what}") for what in ("mean", "var"))
        slope = scale / np.sqrt(variance + self._norm.epsilon)
        return self.graph.affine(x, slope, offset - mean * slope)

    def activate(self, x: Value, name: str) -> Value:
        """Apply the activation; a PReLU's slopes are `name`.weight."""
        if self._activation.kind != "prelu":
            return self.graph.activate(x, self._activation)
        slopes = self.weights.take(f"{name}.weight")
        return self.graph.activate(x, Activation("prelu", slopes=slopes))
