"""Several items through a graph that was made for one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from allward_engine.grids import FloatImage
from allward_engine.sessions import Output


def item_by_item(run: Callable[[FloatImage], Output], tensor: FloatImage) -> Output:
    """Run the items of a batch one after the other, and put their outputs together."""
    if len(tensor) == 1:
        return run(tensor)
    outputs = [run(tensor[index : index + 1]) for index in range(len(tensor))]
    parts = zip(*(output.tensors for output in outputs), strict=True)
    return replace(outputs[0], tensors=tuple(np.concatenate(part) for part in parts))
