"""The environment variables there are, and how the value of one is read or refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from allward_sdk.errors import AllwardError

_T = TypeVar("_T")


class ConfigurationError(AllwardError):
    """A setting cannot be used. Told to the operator in one sentence that names the variable."""


@dataclass(frozen=True)
class Variable:
    """One environment variable and the section of docs/configuration.md that explains it."""

    name: str
    section: str


VARIABLES = tuple(
    Variable(f"ALLWARD_{name}", section)
    for section, names in {
        "State folder": "HOME SAMPLES DEMO",
        "Addresses": "HTTP_HOST HTTP_PORT HTTPS DIMSE_HOST DIMSE_PORT AE_TITLE ALLOWED_HOSTS LOCAL_ADDRESSES",
        "DICOM over TLS": "DIMSE_TLS_PORT DIMSE_TLS_CERTIFICATE DIMSE_TLS_KEY DIMSE_TLS_PEERS",
        "Services": "DATABASE_URL DISPATCHER_DATABASE_URL MIGRATION_DATABASE_URL BROKER_URL",
        "Storage and secrets": "STORAGE_URL SECRET_KEY",
        "Keys of publishers": "KEY_PASSPHRASE",
        "Studies": "STUDY_QUIET_S",
        "Plug-ins": "UNSIGNED_PLUGINS CATALOGUE_FOLDERS UNCONFINED_CHECKS",
        "Engine": "ENGINE_DEVICE ENGINE_PRECISION ENGINE_SOCKET ENGINE_TRITON_URL",
        "Monitoring": "METRICS_TOKEN",
        "Diagnosis": "DEBUG LOG_LEVEL",
        "Tests": "TEST_DATABASE_URL",
    }.items()
    for name in names.split()
)
"""Every variable that is read; no other begins with `ALLWARD_`."""

SECTION_BY_NAME = {variable.name: variable.section for variable in VARIABLES}


@dataclass(frozen=True)
class Reader:
    """The variables of one process, each read by its name without `ALLWARD_`."""

    mapping: Mapping[str, str]

    def given(self, name: str) -> str | None:
        """Return the value, or None where it is absent or empty."""
        return self.mapping.get(f"ALLWARD_{name}", "").strip() or None

    def text(self, name: str, default: str) -> str:
        """Return the value as it is."""
        return self.given(name) or default

    def parsed(
        self, name: str, default: _T, parse: Callable[[str], _T], wanted: str, *, secret: bool = False
    ) -> _T:
        """Return what `parse` makes of the value; it raises `ValueError` for one that is not `wanted`."""
        value = self.given(name)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError:
            shown = "" if secret else f'is "{value}", but '
            raise self.error(name, f"{shown}must be {wanted}") from None

    def error(self, name: str, what: str) -> ConfigurationError:
        """Return what to raise: the variable, `what` is wrong, and where it is explained."""
        variable = f"ALLWARD_{name}"
        section = SECTION_BY_NAME[variable]
        return ConfigurationError(f'{variable} {what} (docs/configuration.md, section "{section}").')
