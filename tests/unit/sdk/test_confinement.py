"""Each means by itself keeps a process from what it is for."""

import ast
import errno
import signal
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have limits alone")

PROGRAM = """
import ctypes, socket, sys
from allward_sdk import confinement
kernel = ctypes.CDLL(None, use_errno=True)
kernel.prctl(38, 1, 0, 0, 0)
held = confinement.{means}(kernel)
try:
    if "{way}" == "tcp":
        socket.create_connection(("127.0.0.1", {port}), 5)
    else:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", ("127.0.0.1", 53))
    print("reached", held)
except OSError:
    print("refused", held)
"""


@pytest.mark.parametrize("way", ["tcp", "udp"])
@pytest.mark.parametrize("means", ["leave_network", "_forbid_calls"])
def test_nothing_is_reached_where_the_kernel_has_this_means(means, way):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = PROGRAM.format(means=means, way=way, port=server.getsockname()[1])
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() in (["refused", "True"], ["reached", "False"])


OF_OTHERS = """
import ctypes, os, platform, resource, signal, threading
from allward_sdk import confinement
kernel = ctypes.CDLL(None, use_errno=True)
other, own = {other}, os.getpid()
kernel.prctl(38, 1, 0, 0, 0)
if not confinement._forbid_calls(kernel):
    raise SystemExit("no filter")
signal.signal(signal.SIGUSR1, lambda *_: None)
said = []
for call in confinement._OF_ITSELF[platform.machine()]:
    for process in (other, own):
        ctypes.set_errno(0)
        if call == confinement._OF_ITSELF[platform.machine()][0]:
            kernel.syscall(call, process, process, signal.SIGUSR1)
        elif call == confinement._OF_ITSELF[platform.machine()][3]:
            kernel.syscall(call, process, resource.RLIMIT_CORE, None, ctypes.create_string_buffer(16))
        else:
            kernel.syscall(call, process, *([process] if call in (297, 240) else []), 0, None)
        said.append(ctypes.get_errno())
thread = threading.Thread(target=lambda: said.append("thread"))
thread.start()
thread.join()
resource.getrlimit(resource.RLIMIT_CORE)
print(said)
os.abort()
"""


def test_no_other_process_gets_a_signal_or_a_limit_and_the_own_one_ends_as_it_likes():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        ran = subprocess.run(
            [sys.executable, "-c", OF_OTHERS.format(other=other.pid)], capture_output=True, text=True
        )
        other.stdin.close()
        assert other.wait(60) != -signal.SIGUSR1
    if "no filter" in ran.stderr:
        pytest.skip("this kernel has no filters")
    said = ast.literal_eval(ran.stdout)
    assert [said[place] for place in (0, 2, 4, 6)] == [errno.EPERM] * 4
    assert all(said[place] != errno.EPERM for place in (1, 3, 5, 7))
    assert said[8] == "thread"
    assert ran.returncode == -signal.SIGABRT
