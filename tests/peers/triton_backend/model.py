"""Triton's `onnxruntime` backend for a tritonserver that has none: the same model files, run by ONNX Runtime.

It is loaded by the stub process of Triton's Python backend, never by ours.
"""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, os.environ["PEER_PACKAGES"])  # numpy below 2: the stub reads arrays of no other

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton  # type: ignore[import-not-found]  # only inside Triton


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        folder = Path(args["model_repository"]) / args["model_version"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(self._parameter(config, "threads", 1))
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.pause_s = float(self._parameter(config, "pause_s", 0))
        self.outputs = [output["name"] for output in config["output"]]
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        time.sleep(self.pause_s)
        wanted = [name for name in self.outputs if name in request.requested_output_names()]
        given = {value.name(): value.as_numpy() for value in request.inputs()}
        try:
            found = self.session.run(wanted, given)
        except Exception as error:  # noqa: BLE001 what the model raises goes to whoever asked
            return triton.InferenceResponse(error=triton.TritonError(str(error)))
        tensors = [triton.Tensor(name, np.asarray(value)) for name, value in zip(wanted, found, strict=True)]
        return triton.InferenceResponse(tensors)

    @staticmethod
    def _parameter(config, name, default):
        return config.get("parameters", {}).get(name, {}).get("string_value", default)
