"""Several items through a graph that was made for one."""

from collections.abc import Callable

import numpy as np

from allward_engine.grids import FloatImage
from allward_engine.sessions import Output


def item_by_item(run: Callable[[FloatImage], Output], tensor: FloatImage) -> Output:
    """Run the items of a batch one after the other, and put their outputs together."""
    if len(tensor) == 1:
        return run(tensor)
    outputs = [run(tensor[index : index + 1]).tensors for index in range(len(tensor))]
    return Output(tuple(np.concatenate(parts) for parts in zip(*outputs, strict=True)))
