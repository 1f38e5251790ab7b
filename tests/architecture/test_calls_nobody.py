"""Nothing that runs in a hospital reports home."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT


def load(module: str, home: Path) -> str:
    """Import a module in a process of its own, and return which telemetry that loaded."""
    program = (
        f"import sys, {module}\n"
        "print([name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]])"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "platform")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_the_engine_loads_openvino_without_its_telemetry(tmp_path: Path) -> None:
    assert load("allward_engine.sessions.openvino_cpu", tmp_path) == "[]"
    assert list(tmp_path.iterdir()) == [], "something was written into the user's home"


def test_openvino_by_itself_would_report(tmp_path: Path) -> None:
    (tmp_path / "intel").mkdir()
    (tmp_path / "intel" / "openvino_telemetry").write_text("0")  # declined: this test sends nothing either
    assert "openvino_telemetry" in load("openvino", tmp_path), "the guard in allward_engine.sessions may go"
