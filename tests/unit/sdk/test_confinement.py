"""Each means by itself keeps a process from what it is for."""

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
