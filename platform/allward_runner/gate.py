"""`allward engine gate`: prove on images that models may run in reduced arithmetic, and keep the reports."""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from allward_engine.parity import Volume, gate, on_device
from allward_engine.requests import SegmentRequest
from allward_engine.sessions import Precision
from allward_engine.sessions.precision import Figure, Report, write_report
from allward_runner.plugins import PluginOnDisk, open_plugin
from allward_runner.series import choose_series, find_series, read_series
from allward_sdk.errors import BadInputError

PRECISIONS: dict[str, Precision] = {"bf16": "bfloat16", "fp16": "float16", "tf32": "tf32"}
"""How it is typed -> what it is."""


def register_engine(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `allward engine`."""
    parser = commands.add_parser("engine", help="prove what the engine may do faster")
    actions = parser.add_subparsers(metavar="COMMAND", required=True)
    command = actions.add_parser(
        "gate", help="compare a plug-in in reduced arithmetic with float32, and keep the reports"
    )
    command.add_argument("plugin", type=Path, help="package file or plug-in folder")
    command.add_argument("--precision", choices=tuple(PRECISIONS), required=True)
    command.add_argument(
        "--input", type=Path, action="append", required=True, help="DICOM file or folder; may be given often"
    )
    command.add_argument("--device", default="openvino", help="openvino, cuda:N or tensorrt:N")
    command.add_argument(
        "--models",
        type=Path,
        required=True,
        metavar="DIR",
        help="the engine's folder of models: reports go there",
    )
    command.set_defaults(run=run_gate)


def run_gate(arguments: argparse.Namespace) -> int:
    """Run the gate, write one report per model, print the figures; 1 if a model did not pass."""
    if not arguments.models.is_dir():
        raise BadInputError(f"There is no folder {arguments.models}.")
    with tempfile.TemporaryDirectory(prefix="allward-") as scratch:
        plugin = open_plugin(arguments.plugin, Path(scratch))
        reports = gate(
            [_read(path, plugin) for path in arguments.input],
            PRECISIONS[arguments.precision],
            on_device(plugin.models, arguments.device),
            made_at=datetime.now(UTC),
            tell=_tell,
        )
    names = {model.sha256: name for name, model in plugin.manifest.models.items()}
    for report in reports:
        _print(names[report.model_sha256], report)
        _tell(f"wrote {write_report(arguments.models, report)}")
    return 0 if all(report.passed for report in reports) else 1


def _read(path: Path, plugin: PluginOnDisk) -> tuple[SegmentRequest, Volume]:
    wants = plugin.manifest.wants
    chosen, unmet = choose_series(find_series(path), wants)
    if unmet:
        raise BadInputError(f"{path}: {' '.join(unmet)}")
    series = read_series(chosen, wants)
    request = SegmentRequest(
        job_id=series.series_instance_uid,
        tenant="local",
        manifest=plugin.manifest,
        geometry=series.geometry,
    )
    return request, series.voxels_kji


def _print(name: str, report: Report) -> None:
    verdict = "passed" if report.passed else "failed"
    sys.stdout.write(f"{name} in {report.precision} on {report.identity.hardware}: {verdict}\n")
    for figure in report.figures:
        sys.stdout.write(f"  {_in_words(figure)}\n")


def _in_words(figure: Figure) -> str:
    found = "not measured: it is on none of the images" if figure.worst is None else f"{figure.worst:.6f}"
    bound = "at least" if figure.at_least else "at most"
    return f"{figure.what}: {found} ({bound} {figure.limit:g})"


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
