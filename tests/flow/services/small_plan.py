"""Run the real supervisor and the real services with a few tiny processes instead of Allward's own.

`python small_plan.py [services] [unprepared]`: without `services` neither PostgreSQL nor Valkey starts; with
`unprepared` the preparation fails. The state folder and the ports come from the environment, as they do for
`allward up`.
"""

import dataclasses
import sys

from allward.config.environment import Environment
from allward.config.processes import Plan
from allward.config.supervisor.program import Program
from allward.config.supervisor.up import up
from allward.config.variables import ConfigurationError

WEB = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""

FAMILY = """
import subprocess, sys, time
children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]) for _ in range(2)]
time.sleep(3600)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    time.sleep(3600)
"""


UNPREPARED = """
import sys
sys.exit("the tables are not ours")
"""


def small_plan(environment: Environment) -> Plan:
    """A web server that is ready at once, a process with children, and one that will not end when asked."""
    port = environment.http_port
    return Plan(
        programs=(
            Program("web", (sys.executable, "-c", WEB, str(port))),
            Program("family", (sys.executable, "-c", FAMILY)),
            Program("stubborn", (sys.executable, "-c", STUBBORN)),
        ),
        ready_url=f"http://127.0.0.1:{port}/readyz",
        provision=Program(
            "provision", (sys.executable, "-c", UNPREPARED if "unprepared" in sys.argv else ""), once=True
        ),
        samples=Program("samples", (sys.executable, "-c", "print('sample loaded')"), once=True),
    )


def main() -> int:
    try:
        environment = Environment.read()
        if "services" not in sys.argv:
            environment = dataclasses.replace(environment, embedded_database=False, embedded_broker=False)
        up(environment, small_plan(environment), say)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
