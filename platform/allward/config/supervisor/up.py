"""The order in which everything starts: checks, services, preparation, processes, then the welcome."""

import contextlib
import http.client
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from allward.config.database_roles import APP, DISPATCHER, OWNER, prepare_database
from allward.config.embedded.account import ServiceAccount
from allward.config.embedded.postgres import EmbeddedPostgres
from allward.config.embedded.state_folder import add_services, read_services
from allward.config.embedded.valkey import EmbeddedValkey
from allward.config.environment import Environment
from allward.config.processes import Plan
from allward.config.supervisor import logs, preflight
from allward.config.supervisor.backoff import State
from allward.config.supervisor.hook import WELCOME
from allward.config.supervisor.program import Program
from allward.config.supervisor.run import StopRequestedError, Supervisor
from allward.config.variables import ConfigurationError

Say = Callable[[str], None]
"""Tells the person at the terminal something."""

_RECOVERY_S = 600.0
"""A database that lost power may read its log for minutes before it answers."""

_URL_KEYS = {
    APP: "database_url",
    DISPATCHER: "dispatcher_database_url",
    OWNER: "migration_database_url",
}

_REMIND_S = 30.0
_CRASHES_TO_GIVE_UP = 3


def up(environment: Environment, plan: Plan, say: Say) -> None:
    """Run everything until somebody asks to stop.

    Raises
    ------
    ConfigurationError
        If it cannot start; the message is one sentence for the person at the terminal.
    """
    with contextlib.ExitStack() as stack:
        locks = [stack.enter_context(preflight.hold(environment.home))]
        if plan.ready_url is not None:
            preflight.check_ports(environment)
            preflight.check_tls(environment)
        account = None
        if environment.embedded_database or environment.embedded_broker:
            account = ServiceAccount.of_home(environment.home)
            locks.append(stack.enter_context(preflight.hold_services(account.state)))
        variables = environment.for_child()
        with Supervisor(environment.home, variables=variables, kept_open=locks) as supervisor:
            try:
                _Start(environment, plan, say, supervisor).run(account)
                while True:
                    supervisor.tend()
            except StopRequestedError:
                say("Stopping; once more to hurry.")
    say("Stopped.")


@dataclass(frozen=True)
class _Start:
    environment: Environment
    plan: Plan
    say: Say
    supervisor: Supervisor

    def run(self, account: ServiceAccount | None) -> None:
        self.say("Starting the services.")
        if account is not None and self.environment.embedded_database:
            self._postgres(account)
        if account is not None and self.environment.embedded_broker:
            self._valkey(account)
        for program in self.plan.independent:
            self.supervisor.start(program)
        if self.plan.provision is not None:
            self.say("Preparing the database.")
            self._provision(self.plan.provision)
        self.say("Starting the processes.")
        for program in self.plan.programs:
            self.supervisor.start(program)
        self._wait_until_ready()
        self._welcome()
        if self.plan.samples is not None:
            self.supervisor.start(self.plan.samples)

    def _postgres(self, account: ServiceAccount) -> None:
        server = EmbeddedPostgres(account)
        server.prepare()
        self._serve(server.program(), server.is_ready)
        found = read_services(self.environment.home)
        former = {role: urlsplit(found.get(key, "")).password for role, key in _URL_KEYS.items()}
        urls = prepare_database(
            server.superuser_url,
            passwords={role: password or secrets.token_urlsafe(32) for role, password in former.items()},
        )
        add_services(
            self.environment.home,
            database_url=urls.app,
            dispatcher_database_url=urls.dispatcher,
            migration_database_url=urls.owner,
        )

    def _valkey(self, account: ServiceAccount) -> None:
        former = read_services(self.environment.home).get("broker_url")
        server = EmbeddedValkey(account, EmbeddedValkey.choose_url(former))
        server.prepare()
        self._serve(server.program(), server.is_ready)
        add_services(self.environment.home, broker_url=server.url)

    def _serve(self, program: Program, is_ready: Callable[[], bool]) -> None:
        """Start a service and wait until it answers."""
        self.supervisor.start(program)
        self.supervisor.wait_until(
            lambda: is_ready() or self._crashes(program.name) >= _CRASHES_TO_GIVE_UP, patience_s=_RECOVERY_S
        )
        if not is_ready():
            raise self._failed(program.name, "does not start")

    def _provision(self, program: Program) -> None:
        self.supervisor.start(program)
        while self.supervisor.courses[program.name].state is not State.STOPPED:
            self.supervisor.tend()
        if self.supervisor.courses[program.name].last_exit != 0:
            raise self._failed(program.name, "failed")

    def _wait_until_ready(self) -> None:
        while not self.supervisor.wait_until(self._is_ready, patience_s=_REMIND_S):
            courses = self.supervisor.courses
            down = [name for name, course in courses.items() if course.state is State.RESTARTING]
            hint = f"; {', '.join(down)} keeps crashing" if down else ""
            address = f" and {self.plan.ready_url}" if self.plan.ready_url else ""
            self.say(f"Not ready yet{hint}: see {self.environment.home / 'logs'}{address}.")

    def _is_ready(self) -> bool:
        if self.plan.ready_url is not None:
            return _answers(self.plan.ready_url)
        sockets = self.environment.engine_sockets
        down = any(course.state is State.RESTARTING for course in self.supervisor.courses.values())
        return not down and all(socket.is_socket() for socket in sockets)

    def _welcome(self) -> None:
        path = self.environment.run_folder / WELCOME
        where = self.plan.ready_url.removesuffix("readyz") if self.plan.ready_url else "this node takes jobs."
        text = path.read_text() if path.exists() else f"Ready: {where}"
        path.unlink(missing_ok=True)
        self.say(text)

    def _crashes(self, name: str) -> int:
        return self.supervisor.courses[name].crashes_in_row

    def _failed(self, name: str, what: str) -> ConfigurationError:
        log = self.supervisor.log(name)
        return ConfigurationError(f"{name} {what}: {logs.last_line(log)} (all of it in {log}).")


def _answers(url: str) -> bool:
    """Tell whether the address answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
