"""Everything that an operator can set from outside, read once: the only reader of environment variables.

Each variable is one row of `VARIABLES` (variables.py); docs/configuration.md explains the same rows, and a
test compares the two. Without `ALLWARD_DATABASE_URL` the embedded services are meant, and their addresses
come from the file that a running `allward up` keeps in the state folder, so that a second terminal finds
them.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from allward.config import values
from allward.config.variables import SECTION_BY_NAME, ConfigurationError, Reader

_PROCESS_VARIABLES = os.environ  # noqa: TID251  # this file is the one place that the rule allows

NOBODY_LISTENS_BROKER_URL = "redis://127.0.0.1:1/0"
"""Stands in for the embedded broker before it ever ran. Port 1 (tcpmux, RFC 1078) answers nobody, so a
process that is started too early fails to connect instead of reaching somebody else's server."""

NOBODY_LISTENS_DATABASE_URL = "postgresql:///allward?host=/nonexistent"
"""Stands in for the embedded database before it ever ran."""

EMBEDDED_QUIET_S = 10.0
"""A demo study counts as complete this long after its last image: long enough for one `storescu` run."""

CLINICAL_QUIET_S = 60.0
"""The same for modalities and PACS, which may pause between series."""


@dataclass(frozen=True)
class DimseTls:
    """DICOM over TLS, beside the plain port.

    `peers` are the certificates, or those of their authorities, of which a sender has to show one; without
    them the connection is encrypted and the sender stays unproven.
    """

    port: int
    certificate: Path
    key: Path
    peers: Path | None


@dataclass(frozen=True)
class Environment:
    """The settings of one process, checked. Paths are absolute.

    `embedded_database` and `embedded_broker` say that `allward up` runs these services itself.
    """

    home: Path
    http_host: str
    http_port: int
    dimse_host: str
    dimse_port: int
    dimse_tls: DimseTls | None
    ae_title: str
    allowed_hosts: tuple[str, ...]
    database_url: str = field(repr=False)
    dispatcher_database_url: str = field(repr=False)
    migration_database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    storage_url: str
    secret_key: str = field(repr=False)
    study_quiet_s: float
    samples: Path | None
    demo: bool
    engine_devices: tuple[str, ...]
    engine_socket: Path
    engine_precision: str
    engine_triton_url: str | None
    unsigned_plugins: bool
    catalogue_folders: tuple[Path, ...]
    local_addresses: bool
    unconfined_checks: bool
    metrics_token: str | None = field(repr=False)
    https: bool
    debug: bool
    log_level: str
    test_database_url: str | None = field(repr=False)
    embedded_database: bool
    embedded_broker: bool

    @classmethod
    def read(cls, mapping: Mapping[str, str] | None = None) -> "Environment":
        """Read and check every variable.

        Parameters
        ----------
        mapping : read instead of the process' own environment

        Raises
        ------
        ConfigurationError
            If a value cannot be used; the message names the variable and where it is explained.
        """
        reader = Reader(_PROCESS_VARIABLES if mapping is None else mapping)
        home = reader.parsed("HOME", Path("var").absolute(), values.folder, "the path of a folder")
        embedded = reader.given("DATABASE_URL") is None
        http_host = reader.text("HTTP_HOST", "127.0.0.1")
        services = _Services(reader, home, embedded=embedded)
        return cls(
            home=home,
            http_host=http_host,
            http_port=reader.parsed("HTTP_PORT", 8000, values.port, "a whole number from 1 to 65535"),
            dimse_host=reader.text("DIMSE_HOST", "127.0.0.1"),
            dimse_port=reader.parsed("DIMSE_PORT", 11112, values.port, "a whole number from 1 to 65535"),
            dimse_tls=_dimse_tls(reader),
            ae_title=reader.parsed(
                "AE_TITLE", "ALLWARD", values.ae_title, "1 to 16 ASCII characters, no backslash"
            ),
            allowed_hosts=reader.parsed(
                "ALLOWED_HOSTS", values.own_host_names(http_host), values.listed, "names with commas"
            ),
            database_url=services.database_url("DATABASE_URL"),
            dispatcher_database_url=services.database_url("DISPATCHER_DATABASE_URL"),
            migration_database_url=services.database_url("MIGRATION_DATABASE_URL"),
            broker_url=services.broker_url(),
            storage_url=reader.parsed(
                "STORAGE_URL", (home / "storage").as_uri(), values.storage_url, "file:// or s3://"
            ),
            secret_key=services.secret_key(),
            study_quiet_s=reader.parsed(
                "STUDY_QUIET_S",
                EMBEDDED_QUIET_S if embedded else CLINICAL_QUIET_S,
                values.seconds,
                "seconds, above 0",
            ),
            samples=reader.parsed("SAMPLES", None, values.folder, "the path of a folder"),
            demo=_demo(reader, embedded=embedded),
            engine_devices=reader.parsed(
                "ENGINE_DEVICE",
                ("auto",),
                values.devices,
                "auto, cpu, openvino, onnxruntime, cuda:N, tensorrt:N or triton",
            ),
            engine_socket=Path(
                reader.text("ENGINE_SOCKET", str(values.socket_folder(home) / "engine.sock"))
            ).absolute(),
            engine_precision=reader.parsed(
                "ENGINE_PRECISION", "float32", values.precision, "float32, tf32, bfloat16 or float16"
            ),
            engine_triton_url=reader.parsed(
                "ENGINE_TRITON_URL", None, values.http_url, "an address such as http://triton:8000"
            ),
            unsigned_plugins=reader.parsed("UNSIGNED_PLUGINS", False, values.boolean, "0 or 1"),
            catalogue_folders=reader.parsed(
                "CATALOGUE_FOLDERS", values.STICKS, values.folders, "folders with a colon between them"
            ),
            local_addresses=reader.parsed(
                "LOCAL_ADDRESSES", _at_home(reader, embedded), values.boolean, "0 or 1"
            ),
            unconfined_checks=reader.parsed(
                "UNCONFINED_CHECKS", _at_home(reader, embedded), values.boolean, "0 or 1"
            ),
            metrics_token=reader.parsed(
                "METRICS_TOKEN", None, values.secret_key, "at least 32 characters", secret=True
            ),
            https=reader.parsed("HTTPS", False, values.boolean, "0 or 1"),
            debug=reader.parsed("DEBUG", False, values.boolean, "0 or 1"),
            log_level=reader.parsed("LOG_LEVEL", "INFO", values.log_level, "DEBUG, INFO, WARNING or ERROR"),
            test_database_url=reader.given("TEST_DATABASE_URL"),
            embedded_database=embedded,
            embedded_broker=reader.given("BROKER_URL") is None,
        )

    @property
    def engine_sockets(self) -> tuple[Path, ...]:
        """Where the engines of this machine listen, in the order of `engine_devices`."""
        first = self.engine_socket
        others = range(1, len(self.engine_devices))
        return first, *(first.with_name(f"{first.stem}-{number}{first.suffix}") for number in others)

    @property
    def run_folder(self) -> Path:
        """Where the files of the running processes lie: locks, sockets, addresses."""
        return self.home / "run"

    def for_child(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return this process' variables for a child, with the state folder made absolute."""
        return {**_PROCESS_VARIABLES, "ALLWARD_HOME": str(self.home), **(extra or {})}


def unknown_variables(mapping: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return variables that begin with `ALLWARD_` but mean nothing: most likely misspelt."""
    names = _PROCESS_VARIABLES if mapping is None else mapping
    return tuple(sorted(n for n in names if n.startswith("ALLWARD_") and n not in SECTION_BY_NAME))


def services_file(home: Path) -> Path:
    """Return where `allward up` writes the addresses of the embedded services (mode 600)."""
    return home / "run" / "services.json"


def secret_key_file(home: Path) -> Path:
    """Return where the secret key of an embedded installation lies (mode 600)."""
    return home / "secret-key"


class _Services:
    """Addresses and secrets: from the variables, or from what `allward up` left in the state folder."""

    def __init__(self, reader: Reader, home: Path, *, embedded: bool) -> None:
        self._reader = reader
        self._home = home
        self._embedded = embedded
        self._found = _read_services(services_file(home))

    def database_url(self, name: str) -> str:
        absent = self._found.get(name.lower(), NOBODY_LISTENS_DATABASE_URL)
        if name != "MIGRATION_DATABASE_URL":  # only migrations need the owner's; others need not hold it
            self._need(name)
        return self._reader.parsed(name, absent, values.database_url, "a postgresql:// address", secret=True)

    def broker_url(self) -> str:
        absent = self._found.get("broker_url", NOBODY_LISTENS_BROKER_URL)
        return self._reader.parsed("BROKER_URL", absent, values.broker_url, "a redis:// address", secret=True)

    def secret_key(self) -> str:
        self._need("SECRET_KEY")
        return self._reader.parsed(
            "SECRET_KEY", self._kept_secret_key(), values.secret_key, "at least 32 characters", secret=True
        )

    def _need(self, name: str) -> None:
        if not self._embedded and self._reader.given(name) is None:
            raise self._reader.error(name, "is missing, but ALLWARD_DATABASE_URL needs it beside itself")

    def _kept_secret_key(self) -> str:
        try:
            return secret_key_file(self._home).read_text().strip()
        except FileNotFoundError:
            return secrets.token_urlsafe(48)  # before the first start; nothing is signed with it yet
        except OSError as error:
            raise _unreadable(secret_key_file(self._home), error) from error


def _read_services(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError:
        raise ConfigurationError(f"{path} is damaged: delete it and run `allward up` again.") from None
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be read ({error.strerror}): run this as the user who runs `allward up`, or set "
        f'ALLWARD_HOME to another folder (docs/configuration.md, section "State folder").'
    )


def _dimse_tls(reader: Reader) -> DimseTls | None:
    certificate = reader.parsed("DIMSE_TLS_CERTIFICATE", None, values.file, "a PEM file that can be read")
    if certificate is None:
        for name in ("DIMSE_TLS_PORT", "DIMSE_TLS_KEY", "DIMSE_TLS_PEERS"):
            if reader.given(name) is not None:
                raise reader.error(
                    name, "is set, but ALLWARD_DIMSE_TLS_CERTIFICATE is not: no TLS without it"
                )
        return None
    return DimseTls(
        port=reader.parsed("DIMSE_TLS_PORT", 2762, values.port, "a whole number from 1 to 65535"),
        certificate=certificate,
        key=reader.parsed("DIMSE_TLS_KEY", certificate, values.file, "a PEM file that can be read"),
        peers=reader.parsed("DIMSE_TLS_PEERS", None, values.file, "a PEM file that can be read"),
    )


def _demo(reader: Reader, *, embedded: bool) -> bool:
    demo = reader.parsed("DEMO", embedded, values.boolean, "0 or 1")
    if demo and not embedded:
        raise reader.error("DEMO", "is 1, but demo accounts cannot exist beside an outside database")
    return demo


def _at_home(reader: Reader, embedded: bool) -> bool:
    """Tell whether this is a demonstration or somebody's development, where servers stand on one machine."""
    return _demo(reader, embedded=embedded) or reader.parsed("DEBUG", False, values.boolean, "0 or 1")
