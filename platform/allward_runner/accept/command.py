"""`allward plugin accept` and `allward plugin phantom`: evidence without a patient."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args

from allward_runner.accept.outcome import Machine
from allward_runner.accept.phantoms import phantoms_for, write_phantom
from allward_runner.accept.recording import record_case
from allward_runner.accept.trials import CASES, case_folder, trials_of_cases, trials_of_phantoms
from allward_runner.accept.trying import Report, attempt
from allward_runner.plugins import PluginOnDisk, open_plugin
from allward_sdk.cases import PhantomName
from allward_sdk.errors import UsageError


def register_accept(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `allward plugin accept`."""
    parser = commands.add_parser("accept", help="run a plug-in on its acceptance cases and on phantoms")
    parser.add_argument("plugin", type=Path, help="package file or plug-in folder")
    parser.add_argument(
        "--cases", type=Path, metavar="DIR", help="folder with the cases (default: those in the plug-in)"
    )
    parser.add_argument(
        "--phantom",
        action="append",
        choices=(*get_args(PhantomName), "none"),
        help="try this phantom only, or none; may be given often (default: all that fit)",
    )
    parser.add_argument("--device", default="cpu", help="cpu, openvino, onnxruntime, cuda or cuda:N")
    parser.add_argument("--threads", type=int, help="processor threads; default: all")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="where the report goes (default: acceptance.json here)"
    )
    parser.add_argument(
        "--record", action="store_true", help="keep what is found on phantoms as cases of the folder"
    )
    parser.set_defaults(run=run_accept)


def register_phantom(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `allward plugin phantom`."""
    parser = commands.add_parser("phantom", help="write a built-in phantom that a plug-in can read")
    parser.add_argument("plugin", type=Path, help="package file or plug-in folder")
    parser.add_argument("phantom", nargs="?", help="which one; without it those that fit are listed")
    parser.add_argument("--output", type=Path, default=Path("phantom"), metavar="DIR", help="where it goes")
    parser.set_defaults(run=run_phantom)


def run_accept(arguments: argparse.Namespace) -> int:
    """Try the plug-in on everything, print what agreed, write the report; 1 if anything did not agree."""
    if arguments.record and not arguments.plugin.is_dir():
        raise UsageError("--record writes into the plug-in's folder: give the folder, not the package.")
    if arguments.cases is not None and not arguments.cases.is_dir():
        raise UsageError(f"There is no folder {arguments.cases}.")
    machine = Machine(arguments.device, arguments.threads)
    with tempfile.TemporaryDirectory(prefix="allward-") as name:
        scratch = Path(name)
        plugin = open_plugin(arguments.plugin, scratch)
        cases = arguments.cases or case_folder(arguments.plugin, scratch / "cases")
        trials = trials_of_cases(plugin, cases, scratch)
        trials += trials_of_phantoms(plugin, scratch, arguments.phantom)
        if not trials:
            raise UsageError(f"{arguments.plugin} has no cases, and no phantom fits what it reads.")
        reports = []
        for trial in trials:
            reports.append(attempt(plugin, trial, machine))
            _print(reports[-1])
        if arguments.record:
            _record(reports, arguments.plugin / CASES)
    return _conclude(plugin, machine, reports, arguments.report or Path("acceptance.json"))


def _print(report: Report) -> None:
    _say(f"{report.trial.kind} {report.trial.name}: {report.trial.title.en} / {report.trial.title.zh}")
    for check in report.checks:
        _say(f"  {'agrees' if check.agreed else 'DIFFERS'}  {check.what}: {check.detail}")
    for line in report.told:
        _say(f"           {line}")


def _record(reports: list[Report], cases: Path) -> None:
    for report in reports:
        if report.trial.kind == "phantom" and report.agreed and not (cases / report.trial.name).exists():
            _say(f"recorded {record_case(report, cases)}")


def _conclude(plugin: PluginOnDisk, machine: Machine, reports: list[Report], path: Path) -> int:
    agreed = sum(report.agreed for report in reports)
    path.write_text(
        json.dumps(_document(plugin, machine, reports), indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
    blind = sum(each.outcome is not None and not each.outcome.result.evaluable for each in reports)
    _say(f"\n{plugin.manifest.plugin.id} {plugin.manifest.plugin.version}: {agreed} of {len(reports)} agree")
    if blind:
        _say(f"{blind} of {len(reports)} could not be evaluated: nothing is known of what it finds there")
    _say(f"report: {path}")
    return 0 if agreed == len(reports) else 1


def _document(plugin: PluginOnDisk, machine: Machine, reports: list[Report]) -> dict[str, Any]:
    identity = plugin.manifest.plugin
    return {
        "plugin": {"id": identity.id, "version": identity.version, "sha256": plugin.digest},
        "contract": plugin.manifest.contract,
        "device": machine.device,
        "bit_identical_is_asked": machine.is_processor,
        "agreed": all(report.agreed for report in reports),
        "trials": [report.to_json() for report in reports],
    }


def run_phantom(arguments: argparse.Namespace) -> int:
    """Write a phantom, or list those that the plug-in can read."""
    with tempfile.TemporaryDirectory(prefix="allward-") as scratch:
        manifest = open_plugin(arguments.plugin, Path(scratch)).manifest
    fitting = phantoms_for(manifest)
    if arguments.phantom is None:
        _say("\n".join(fitting) or "none fits")
        return 0
    if arguments.phantom not in fitting:
        raise UsageError(
            f"{manifest.plugin.id} reads no phantom {arguments.phantom!r}; those that fit: "
            f"{', '.join(fitting) or 'none'}."
        )
    write_phantom(arguments.phantom, manifest, arguments.output)
    _say(f"{arguments.output}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
