"""Settings are checked when they are read, and what is wrong with one is said with its name."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.samples import ROOT

from allward.config.environment import (
    NOBODY_LISTENS_BROKER_URL,
    NOBODY_LISTENS_DATABASE_URL,
    DimseTls,
    Environment,
    services_file,
    unknown_variables,
)
from allward.config.variables import VARIABLES, ConfigurationError

OUTSIDE = {
    "ALLWARD_DATABASE_URL": "postgresql://app:secret-1@db/allward",
    "ALLWARD_DISPATCHER_DATABASE_URL": "postgresql://dispatcher:secret-2@db/allward",
    "ALLWARD_SECRET_KEY": "k" * 40,
}

PAGE = ROOT / "docs" / "configuration.md"


def test_without_any_variable_the_embedded_services_are_meant(tmp_path: Path) -> None:
    environment = Environment.read({"ALLWARD_HOME": str(tmp_path)})
    assert environment.embedded_database
    assert environment.embedded_broker
    assert environment.demo
    assert (environment.http_port, environment.dimse_port, environment.ae_title) == (8000, 11112, "ALLWARD")
    assert environment.http_host == environment.dimse_host == "127.0.0.1"
    assert environment.storage_url == (tmp_path / "storage").as_uri()
    assert environment.study_quiet_s == 10


def test_before_the_first_start_the_addresses_reach_nobody(tmp_path: Path) -> None:
    environment = Environment.read({"ALLWARD_HOME": str(tmp_path)})
    assert environment.database_url == environment.migration_database_url == NOBODY_LISTENS_DATABASE_URL
    assert environment.broker_url == NOBODY_LISTENS_BROKER_URL
    assert not (tmp_path / "secret-key").exists()  # reading writes nothing


def test_another_terminal_finds_the_running_services(tmp_path: Path) -> None:
    services_file(tmp_path).parent.mkdir()
    services_file(tmp_path).write_text(
        json.dumps({"database_url": "postgresql:///a", "broker_url": "redis://b"})
    )
    (tmp_path / "secret-key").write_text("s" * 40 + "\n")
    environment = Environment.read({"ALLWARD_HOME": str(tmp_path)})
    assert (environment.database_url, environment.broker_url) == ("postgresql:///a", "redis://b")
    assert environment.secret_key == "s" * 40


def test_a_relative_state_folder_becomes_absolute() -> None:
    assert Environment.read({"ALLWARD_HOME": "somewhere"}).home == Path.cwd() / "somewhere"


def test_an_outside_database_switches_the_embedded_one_and_the_demo_off() -> None:
    environment = Environment.read(OUTSIDE)
    assert not environment.embedded_database
    assert environment.embedded_broker
    assert not environment.demo
    assert environment.study_quiet_s == 60


def test_demo_accounts_are_refused_beside_an_outside_database() -> None:
    with pytest.raises(ConfigurationError, match="ALLWARD_DEMO is 1, but demo accounts cannot exist"):
        Environment.read({**OUTSIDE, "ALLWARD_DEMO": "1"})


@pytest.mark.parametrize("missing", ["ALLWARD_DISPATCHER_DATABASE_URL", "ALLWARD_SECRET_KEY"])
def test_what_an_outside_database_needs_beside_it_is_named(missing: str) -> None:
    variables = {name: value for name, value in OUTSIDE.items() if name != missing}
    with pytest.raises(ConfigurationError, match=f"{missing} is missing"):
        Environment.read(variables)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "~nobody-of-this-name"),
        ("SAMPLES", "~nobody-of-this-name"),
        ("HTTP_PORT", "0"),
        ("HTTP_PORT", "65536"),
        ("DIMSE_PORT", "eleven"),
        ("AE_TITLE", "SEVENTEEN-LETTERS"),
        ("AE_TITLE", "A\\B"),
        ("STUDY_QUIET_S", "0"),
        ("STUDY_QUIET_S", "inf"),
        ("STUDY_QUIET_S", "nan"),
        ("DEMO", "perhaps"),
        ("DEBUG", "2"),
        ("LOG_LEVEL", "LOUD"),
        ("ENGINE_DEVICE", "tpu"),
        ("ENGINE_DEVICE", "cuda:0,cuda:0"),
        ("ENGINE_PRECISION", "int8"),
        ("ENGINE_TRITON_URL", "triton:8000"),
        ("STORAGE_URL", "/var/data"),
        ("BROKER_URL", "amqp://x"),
        ("DATABASE_URL", "mysql://x"),
        ("SECRET_KEY", "short"),
        ("DIMSE_TLS_CERTIFICATE", "/absent.pem"),
        ("DIMSE_TLS_PEERS", "/absent.pem"),
    ],
)
def test_a_wrong_value_gives_one_sentence_with_its_variable_and_section(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Environment.read({**(OUTSIDE if name == "DATABASE_URL" else {}), f"ALLWARD_{name}": value})
    said = str(refused.value)
    section = next(variable.section for variable in VARIABLES if variable.name == f"ALLWARD_{name}")
    assert said.startswith(f"ALLWARD_{name} ")
    assert said.endswith(f'(docs/configuration.md, section "{section}").')
    assert "\n" not in said


def test_tls_begins_with_a_certificate_on_the_registered_port(tmp_path: Path) -> None:
    assert Environment.read({}).dimse_tls is None
    pem = tmp_path / "server.pem"
    pem.write_text("")
    tls = Environment.read({"ALLWARD_DIMSE_TLS_CERTIFICATE": str(pem)}).dimse_tls
    assert tls == DimseTls(port=2762, certificate=pem, key=pem, peers=None)


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL", "SECRET_KEY"])
def test_a_secret_is_not_repeated_in_what_is_said(name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Environment.read({**OUTSIDE, f"ALLWARD_{name}": "x://u:hunter2"})
    assert "hunter2" not in str(refused.value)


def test_secrets_are_not_shown_with_the_settings() -> None:
    shown = repr(Environment.read({**OUTSIDE, "ALLWARD_BROKER_URL": "redis://:secret-3@broker"}))
    assert "secret-" not in shown
    assert "kkkk" not in shown


def test_a_damaged_file_of_addresses_is_told(tmp_path: Path) -> None:
    services_file(tmp_path).parent.mkdir()
    services_file(tmp_path).write_text("{")
    with pytest.raises(ConfigurationError, match="is damaged"):
        Environment.read({"ALLWARD_HOME": str(tmp_path)})


def test_a_long_state_folder_gets_a_short_path_for_the_engine_socket() -> None:
    socket = Environment.read({"ALLWARD_HOME": "/srv/" + "long" * 30}).engine_socket
    assert len(str(socket)) < 90


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_but_never_crashes(value: str) -> None:
    for variable in VARIABLES:
        with contextlib.suppress(ConfigurationError):
            Environment.read({variable.name: value})


def test_a_misspelt_variable_is_noticed() -> None:
    assert unknown_variables({"ALLWARD_HTPP_PORT": "1", "ALLWARD_HOME": "x", "HOME": "y"}) == (
        "ALLWARD_HTPP_PORT",
    )


def test_every_variable_is_explained_in_its_section_and_no_other_is() -> None:
    section, explained = "", {}
    for line in PAGE.read_text().splitlines():
        if heading := re.match(r"## (.+)", line):
            section = heading.group(1)
        if row := re.match(r"\| `(ALLWARD_[A-Z_]+)` \|", line):
            explained[row.group(1)] = section
    assert explained == {variable.name: variable.section for variable in VARIABLES}


def test_the_page_speaks_of_no_variable_that_does_not_exist() -> None:
    assert set(re.findall(r"ALLWARD_[A-Z][A-Z_]*", PAGE.read_text())) == {v.name for v in VARIABLES}
