"""`allward plugin import-…`: each importer as a command."""

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from allward_importers import parity
from allward_importers.parity import Original
from allward_importers.plugin_folder import Imported, empty_folder, identity_of, write_folder
from allward_importers.refusal import RefusedError
from allward_sdk.cli import Subparsers
from allward_sdk.commands.starting import tell_open_questions

_ORIENTATIONS = tuple(f"{s}{a}{r}" for s in "SI" for a in "AP" for r in "RL")
_Originals = Mapping[str, Original]


def register_nnunet(subparsers: Subparsers) -> None:
    """Add `import-nnunet`."""
    parser = subparsers.add_parser("import-nnunet", help="make a plug-in of a folder that nnU-Net v2 trained")
    parser.add_argument("folder", type=Path, help="with plans.json, dataset.json and fold_*/")
    parser.add_argument("--folds", nargs="+", default=[], metavar="N", help="default: every numbered fold")
    parser.add_argument(
        "--checkpoint", default="checkpoint_final.pth", help="file of the weights in each fold"
    )
    parser.add_argument(
        "--orientation",
        choices=_ORIENTATIONS,
        help="where slices, rows and columns of the training images grow to",
    )
    _add_common(parser)
    parser.set_defaults(run=run_nnunet)


def run_nnunet(arguments: argparse.Namespace) -> int:
    """Import a model folder of nnU-Net."""
    from allward_importers.nnunet import Choice, import_nnunet, original_of

    choice = Choice(
        folds=tuple(arguments.folds), checkpoint=arguments.checkpoint, orientation=arguments.orientation
    )
    imported = import_nnunet(arguments.folder, choice, licence=arguments.licence)
    stage = imported.tables["stages"][0]
    return _finish(arguments, imported, lambda: {stage["name"]: original_of(arguments.folder, choice, stage)})


def register_totalsegmentator(subparsers: Subparsers) -> None:
    """Add `import-totalsegmentator`."""
    parser = subparsers.add_parser(
        "import-totalsegmentator", help="make a plug-in of a task of TotalSegmentator whose weights you have"
    )
    parser.add_argument("task", help="such as total, total_fast or body")
    parser.add_argument(
        "--weights", type=Path, required=True, metavar="DIR", help="folder with Dataset291_… etc."
    )
    _add_common(parser)
    parser.set_defaults(run=run_totalsegmentator)


def run_totalsegmentator(arguments: argparse.Namespace) -> int:
    """Import a task of TotalSegmentator."""
    from allward_importers.totalsegmentator import import_task

    task = import_task(arguments.task, arguments.weights)
    return _finish(arguments, task.imported, lambda: task.originals)


def register_monai_bundle(subparsers: Subparsers) -> None:
    """Add `import-monai-bundle`."""
    parser = subparsers.add_parser("import-monai-bundle", help="make a plug-in of a MONAI bundle")
    parser.add_argument("bundle", type=Path, help="its folder, or a zip of it")
    _add_common(parser)
    parser.set_defaults(run=run_monai_bundle)


def run_monai_bundle(arguments: argparse.Namespace) -> int:
    """Import a bundle of MONAI."""
    from allward_importers.bundle_files import opened
    from allward_importers.monai_bundle import import_bundle

    with opened(arguments.bundle) as folder:
        bundle = import_bundle(folder, licence=arguments.licence)
        return _finish(arguments, bundle.imported, lambda: {bundle.stage: bundle.original})


def register_onnx(subparsers: Subparsers) -> None:
    """Add `import-onnx`."""
    parser = subparsers.add_parser(
        "import-onnx", help="make a plug-in of an ONNX file and of what you know of it"
    )
    parser.add_argument("file", type=Path, help="an ONNX file that outlines structures in a volume")
    parser.add_argument(
        "--orientation", required=True, metavar="RAS", help="where each axis of the input tensor grows to"
    )
    parser.add_argument("--spacing", nargs=3, type=float, metavar="MM", help="of the input tensor's axes")
    parser.add_argument(
        "--window", nargs=3, type=int, metavar="N", help="input shape, where the graph leaves it open"
    )
    parser.add_argument("--modality", default="CT", help="of the images (default: CT)")
    parser.add_argument(
        "--labels", nargs="+", default=[], metavar="NAME", help="channels without the background"
    )
    _add_common(parser, with_original=False)
    parser.set_defaults(run=run_onnx)


def run_onnx(arguments: argparse.Namespace) -> int:
    """Import a plain ONNX file."""
    from allward_importers.plain_onnx import Answers, import_onnx

    answers = Answers(
        orientation=arguments.orientation,
        spacing_mm=None if arguments.spacing is None else tuple(arguments.spacing),
        window=None if arguments.window is None else tuple(arguments.window),
        modality=arguments.modality,
        labels=tuple(arguments.labels),
    )
    imported = import_onnx(arguments.file, answers, licence=arguments.licence)
    folder = _write(arguments, imported)
    _say("no parity report: the file is taken over as it is, so there is nothing to compare it with.")
    tell_open_questions(folder)
    return 0


def _add_common(parser: argparse.ArgumentParser, *, with_original: bool = True) -> None:
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="new folder of the plug-in")
    parser.add_argument("--id", help="identifier of the plug-in, such as org.hospital.liver")
    parser.add_argument("--vendor", help="who answers for the plug-in")
    parser.add_argument("--licence", default="", help="licence of the weights, an SPDX expression")
    if not with_original:
        return
    parser.add_argument(
        "--python",
        type=Path,
        metavar="PATH",
        help="interpreter that has the original tool, for the parity report",
    )


def _finish(arguments: argparse.Namespace, imported: Imported, originals: Callable[[], _Originals]) -> int:
    """Write the folder, compare with the original, and say what is left to do; 1 if the two do not agree."""
    folder = _write(arguments, imported)
    agrees = _compare(folder, arguments.python, originals)
    tell_open_questions(folder)
    return 0 if agrees else 1


def _write(arguments: argparse.Namespace, imported: Imported) -> Path:
    folder = empty_folder(arguments.output)
    identity = identity_of(imported.title, plugin_id=arguments.id, vendor=arguments.vendor)
    write_folder(folder, imported, identity)
    _say(f"{folder}: {imported.title}, {len(imported.models)} models")
    return folder


def _compare(folder: Path, python: Path | None, originals: Callable[[], _Originals]) -> bool:
    if python is None:
        _say(
            "no parity report: nothing was compared with the original. Name an interpreter that has it with "
            "--python."
        )
        return True
    try:
        report = parity.write_report(folder, originals(), python)
    except RefusedError:
        shutil.rmtree(folder)  # made by this command; the next try finds it free
        raise
    _say(parity.sentence(report))
    return bool(report["label_agreement"] >= parity.LEAST_AGREEMENT)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
