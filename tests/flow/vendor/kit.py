"""The vendor's machine: the wheel of the kit in an environment of its own, made without a network."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "packaging" / "allward-sdk"

PLATFORM = (
    *("allward", "_allward", "django", "rest_framework", "drf_spectacular", "celery", "kombu", "channels"),
    *("channels_redis", "redis", "psycopg", "uvicorn", "whitenoise", "pytest", "tests"),
)
"""What the platform needs and a vendor has not; beginnings of names of what is installed."""

RUN = ("scipy", "pydicom", "highdicom", "simpleitk", "pil", "pillow", "onnxruntime", "openvino", "pypinyin")
"""What the extra `run` brings."""


@dataclass(frozen=True)
class Kit:
    """An environment with the kit in it."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; nothing of this process's own settings reaches it."""
        variables = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]], cwd=cwd, env=variables, capture_output=True, text=True
        )


def build_wheel(into: Path) -> Path:
    """Build the wheel of the kit and return it."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = into.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, *, without: tuple[str, ...] = ()) -> Kit:
    """Install the wheel into a fresh environment; its dependencies are those that are installed here."""
    venv.create(folder, with_pip=False, symlinks=True)
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [
            uv,
            "pip",
            "install",
            "--offline",
            "--no-deps",
            "--quiet",
            "--python",
            folder / "bin" / "python",
            wheel,
        ],
        check=True,
        env={**os.environ, "UV_CACHE_DIR": str(folder / "cache")},
    )
    (packages,) = folder.glob("lib/python*/site-packages")
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        name = path.name.lower()
        left_out = any(
            name == each or name.startswith((f"{each}-", f"{each}.")) for each in (*PLATFORM, *without)
        )
        if not left_out and not (packages / path.name).exists() and path.suffix != ".pth":
            (packages / path.name).symlink_to(path)
    return Kit(folder)
