"""A real tritonserver, installed below `var/peers/triton` on first use and started on a free port."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOME = ROOT / "var" / "peers" / "triton"
LOCK = Path(__file__).with_name("triton.lock")
BACKEND = Path(__file__).with_name("triton_backend")

INSTALL_TIMEOUT_S = 180
START_TIMEOUT_S = 60

SHARED = "allward-triton-"
"""How the shared memory of a test's server begins: what it leaves when it is ended is taken away."""


def install() -> str:
    """Install the server where it is missing; returns why that cannot be done, empty if it is there."""
    stamp = HOME / ".stamp"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == LOCK.read_text(encoding="utf-8"):
        return ""
    if sys.version_info[:2] != (3, 11) or sys.platform != "linux" or os.uname().machine != "x86_64":
        return "the pinned tritonserver is for Python 3.11 on x86-64 Linux"
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME.parent, prefix=".triton-") as fresh:
        why_not = _install_into(Path(fresh))
        if not why_not:
            shutil.rmtree(HOME, ignore_errors=True)
            Path(fresh).rename(HOME)
            Path(fresh).mkdir()  # for the block to remove
    return why_not


def _install_into(folder: Path) -> str:
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    where = ("--require-hashes", "--target", str(folder), "-r", str(LOCK))
    try:
        done = subprocess.run((*pip, *where), capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"tritonserver could not be downloaded in {INSTALL_TIMEOUT_S} s"
    if done.returncode:
        return f"tritonserver cannot be downloaded here: {done.stderr.strip().splitlines()[-1]}"
    server = folder / "pytriton" / "tritonserver"
    stub = "triton_python_backend_stub"
    shutil.copy(server / "python_backend_stubs" / "3.11" / stub, server / "backends" / "python" / stub)
    for program in (server / "bin" / "tritonserver", server / "backends" / "python" / stub):
        program.chmod(0o755)
    (folder / ".stamp").write_text(LOCK.read_text(encoding="utf-8"), encoding="utf-8")
    return ""


def need_triton() -> None:
    """Skip the test (in CI: fail it) where no tritonserver can be had."""
    why_not = install()
    if why_not and os.environ.get("CI"):
        pytest.fail(why_not)
    if why_not:
        pytest.skip(why_not)


@contextmanager
def triton_server(folder: Path, *options: str) -> Iterator[str]:
    """Run a server over the models below `folder`/repository, made if absent; yields its address.

    The Python backend runs ONNX models under the name of the backend that a fleet has for them.
    """
    server = HOME / "pytriton" / "tritonserver"
    repository, backends = folder / "repository", folder / "backends"
    repository.mkdir(parents=True, exist_ok=True)
    if not backends.exists():
        shutil.copytree(BACKEND, backends / "onnxruntime")
        (backends / "python").symlink_to(server / "backends" / "python")
    port = _free_port()
    with (folder / "triton.log").open("ab") as log:
        process = subprocess.Popen(
            [
                str(server / "bin" / "tritonserver"),
                *("--model-repository", str(repository), "--backend-directory", str(backends)),
                *("--http-address", "127.0.0.1", "--http-port", str(port)),
                *("--allow-grpc", "false", "--allow-metrics", "false", "--allow-gpu-metrics", "false"),
                *("--exit-timeout-secs", "1"),
                *("--backend-config", f"onnxruntime,shm-region-prefix-name={SHARED}{port}-"),
                *options,
            ],
            env=_variables(),
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process, folder / "triton.log")
            yield url
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for left in Path("/dev/shm").glob(f"{SHARED}{port}-*"):
                left.unlink(missing_ok=True)


def _variables() -> dict[str, str]:
    libraries = (str(HOME / "nvidia_pytriton.libs"), str(sysconfig.get_config_var("LIBDIR")))
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PEER_PACKAGES": str(HOME),
        "LD_LIBRARY_PATH": ":".join(libraries),
        "HOME": str(HOME),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/v2/health/ready", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"tritonserver did not start: {log.read_text(encoding='utf-8')[-2000:]}")
