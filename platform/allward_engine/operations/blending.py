"""How the outputs of windows become one image: all of it at once, or slice after slice once it is done."""

import numpy as np

from allward_engine.grids import BoolImage, FloatImage, Shape3
from allward_engine.operations.windows import Window


class Blend:
    """Sums the outputs of windows, weighted, into one image.

    Attributes
    ----------
    values
        Shape (channel, a, b, c), the axes of the image; right only after `finish`.
    """

    def __init__(self, channels: int, shape: Shape3, weight: FloatImage) -> None:
        self.values = np.zeros((channels, *shape), np.float32)
        self._weights = np.zeros(shape, np.float32)
        self._weight = weight

    def add(self, output: FloatImage, window: Window) -> None:
        """Add the output, shape (channel, a, b, c), of one window."""
        weight = self._weight[window.core_in_output]
        part = np.empty(weight.shape, np.float32)
        for values, channel in zip(self.values, output, strict=True):
            np.multiply(channel[window.core_in_output], weight, out=part)
            values[window.core] += part
        self._weights[window.core] += weight

    def finish(self) -> FloatImage:
        """Divide by the weights; voxels that no window covered stay 0."""
        covered: BoolImage = self._weights > 0
        np.divide(self.values, self._weights, out=self.values, where=covered)
        return self.values


class SlabBlend:
    """The same in a ring of slices along the first axis: what no later window touches is taken out.

    Parameters
    ----------
    channels
        Of what is summed.
    shape
        Of the image.
    depth
        Most slices that lie between the first one not taken out and the last one of any window added.
    weight
        Of each voxel of a window's output.
    """

    def __init__(self, channels: int, shape: Shape3, depth: int, weight: FloatImage) -> None:
        self._depth = depth
        self._values = np.zeros((channels, depth, *shape[1:]), np.float32)
        self._weights = np.zeros((depth, *shape[1:]), np.float32)
        self._weight = weight

    def add(self, output: FloatImage, window: Window, *, first_channel: int = 0, weigh: bool = True) -> None:
        """Add the output, shape (channel, a, b, c), of one window.

        Parameters
        ----------
        first_channel
            Where its channels begin.
        weigh
            Whether it counts; of several outputs in channels of their own only one does.
        """
        weight = self._weight[window.core_in_output]
        inside = output[(slice(None), *window.core_in_output)]
        part = np.empty(weight.shape[1:], np.float32)
        for n, a in enumerate(range(window.core[0].start, window.core[0].stop)):
            place = (a % self._depth, *window.core[1:])
            for channel, values in enumerate(self._values[first_channel : first_channel + len(inside)]):
                np.multiply(inside[channel, n], weight[n], out=part)
                values[place] += part
            if weigh:
                self._weights[place] += weight[n]

    def take(self, a: int) -> FloatImage:
        """Take out a slice that is done.

        Returns
        -------
        shape (b * c, channel), C-contiguous; 0 where no window was
        """
        place = a % self._depth
        weights = self._weights[place]
        values = self._values[:, place]
        np.divide(values, weights, out=values, where=weights > 0)
        table = np.array(values.reshape(len(values), -1).T, order="C")
        values[...] = 0.0
        weights[...] = 0.0
        return table
