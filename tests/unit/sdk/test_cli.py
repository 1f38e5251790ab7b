import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from allward_sdk import cli
from allward_sdk.cli import main

COMMANDS = '''
"""Commands for the tests."""

def register(subparsers):
    parser = subparsers.add_parser("greet", help="say hello")
    parser.add_argument("name")
    parser.set_defaults(run=run)

def run(arguments):
    print("hello", arguments.name)
    return 0
'''

Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Make one module the entry point of one command of a group; nothing else is installed."""
    monkeypatch.syspath_prepend(tmp_path)
    found: list[EntryPoint] = []

    def entry_points(*, group: str) -> list[EntryPoint]:
        return [entry for entry in found if entry.group == group]

    def installed(group: str, name: str, source: str) -> None:
        module = f"command_of_a_test_{name}"
        (tmp_path / f"{module}.py").write_text(source)
        sys.modules.pop(module, None)
        found.append(EntryPoint(name, f"{module}:register", group))

    monkeypatch.setattr(cli, "entry_points", entry_points)
    return installed


def running(body: str) -> str:
    return COMMANDS.replace('print("hello", arguments.name)', body)


def test_a_command_is_found_by_entry_point_and_run(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("allward.commands", "greet", COMMANDS)
    assert main(["greet", "you"]) == 0
    assert capsys.readouterr().out == "hello you\n"


def test_help_tells_every_command_and_imports_none(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("allward.commands", "greet", "raise SystemExit('imported')\n" + COMMANDS)
    install("allward.commands", "broken", "this is no python")
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "say hello" in told
    assert "broken" in told


def test_only_the_named_command_is_imported(install: Install) -> None:
    install("allward.commands", "greet", COMMANDS)
    install("allward.commands", "other", "raise SystemExit('imported')")
    assert main(["greet", "you"]) == 0


def test_help_of_a_command_is_its_own(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("allward.commands", "greet", COMMANDS)
    with pytest.raises(SystemExit) as ended:
        main(["greet", "--help"])
    assert ended.value.code == 0
    assert "usage: allward greet [-h] name" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["greet"], ["greet", "you", "--what"]])
def test_wrong_usage_exits_with_2(install: Install, arguments: list[str]) -> None:
    install("allward.commands", "greet", COMMANDS)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_command_whose_module_is_missing_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = EntryPoint("absent", "allward_sdk.nowhere.absent:register", "allward.commands")
    monkeypatch.setattr(cli, "entry_points", lambda **_: [entry])
    assert main(["absent", "--whatever"]) == 1
    assert capsys.readouterr().err == "allward absent: not part of this installation.\n"


def test_a_module_that_a_command_itself_misses_is_our_bug(install: Install) -> None:
    install("allward.commands", "greet", "import nothing_of_this_name\n" + COMMANDS)
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        main(["greet", "you"])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "from allward_sdk.errors import BadInputError; raise BadInputError('Too few slices.')",
            "Too few slices.",
        ),
        ("open('/nowhere/at/all')", "/nowhere/at/all: No such file or directory."),
        ("import errno; raise OSError(errno.ENOSPC, 'No space left on device', '/x')", "/x: No space left"),
        (
            "import errno; raise OSError(errno.EADDRINUSE, 'Address already in use')",
            "Address already in use.",
        ),
    ],
)
def test_an_expected_fault_is_one_sentence_and_exit_code_1(
    install: Install, capsys: pytest.CaptureFixture[str], body: str, sentence: str
) -> None:
    install("allward.commands", "greet", running(body))
    assert main(["greet", "you"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(sentence)
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("body", "error"), [("1 / 0", ZeroDivisionError), ("raise OSError(5, 'EIO')", OSError)]
)
def test_an_unexpected_fault_keeps_its_traceback(install: Install, body: str, error: type[Exception]) -> None:
    install("allward.commands", "greet", running(body))
    with pytest.raises(error):
        main(["greet", "you"])


def test_ctrl_c_exits_with_130(install: Install) -> None:
    install("allward.commands", "greet", running("raise KeyboardInterrupt"))
    assert main(["greet", "you"]) == 130


def test_the_plugin_command_takes_further_commands_by_entry_point(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(__file__).parents[3] / "platform/allward_sdk/commands/plugin.py"
    install("allward.commands", "plugin", source.read_text())
    install("allward.plugin_commands", "greet", COMMANDS)
    assert main(["plugin", "greet", "you"]) == 0
    assert capsys.readouterr().out == "hello you\n"
    with pytest.raises(SystemExit):
        main(["plugin", "greet", "--help"])
    assert "usage: allward plugin greet [-h] name" in capsys.readouterr().out


def test_a_plugin_is_checked_and_packed_from_the_command_line(
    plugin_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugin", "pack", str(plugin_folder), "--output", str(tmp_path / "out")]) == 0
    file = tmp_path / "out" / "small-one-1.2.0.allward"
    assert capsys.readouterr().out.startswith(f"{file}\nsha256 ")
    assert main(["plugin", "check", str(file)]) == 0
    (plugin_folder / "LICENSE").unlink()
    assert main(["plugin", "check", str(plugin_folder)]) == 1
    assert "failed  licence, model card" in capsys.readouterr().out
    assert main(["plugin", "pack", str(plugin_folder), "--output", str(tmp_path)]) == 1
    assert "LICENSE: missing" in capsys.readouterr().err


def test_packing_needs_neither_django_nor_a_runtime(plugin_folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from allward_sdk.cli import main; code = main(sys.argv[1:]); "
        "assert not {'django', 'pydicom', 'onnx', 'onnxruntime', 'openvino'} & set(sys.modules); "
        "sys.exit(code)"
    )
    arguments = ["plugin", "pack", str(plugin_folder), "--output", str(tmp_path)]
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(tmp_path / "small-one-1.2.0.allward"))
