"""Write a network of TotalSegmentator's 3 mm shape as ONNX: `python -m tests.parity.export FOLDER`."""

import sys
from pathlib import Path

import torch
from tests.parity import nnunet


def main(folder: Path) -> None:
    """Write model.onnx."""
    network = nnunet.total_segmentator_shape()
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, *nnunet.PATCH),),
        str(folder / "model.onnx"),
        input_names=["x"],
        output_names=["y"],
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
