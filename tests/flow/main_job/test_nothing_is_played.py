"""The main job's test proves something only if the real parts ran it; these tests fail where they did not."""

import json
from urllib.parse import urlsplit

import psycopg
import pytest
from tests import real_platform, samples

from allward.config.celery import app
from allward.config.environment import Environment
from allward.config.settings import CHANNEL_LAYERS, DATABASES

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(900)]


def test_steps_go_through_a_broker_to_workers_of_their_own(platform):
    assert not any(value for key, value in app.conf.items() if "eager" in key and "propagates" not in key)
    assert urlsplit(platform_environment(platform).broker_url).scheme == "redis"
    running = {row["name"]: row["pid"] for row in platform.processes() if row["state"] == "running"}
    assert {"web", "dimse", "relay", "executor", "worker", "engine", "postgres", "valkey"} <= set(running)
    assert len(set(running.values())) == len(running), "two of them are one process"


def test_words_to_the_pages_go_through_the_broker_and_not_through_memory():
    assert CHANNEL_LAYERS["default"]["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"


def test_every_process_is_a_role_that_row_level_security_binds(platform):
    environment = platform_environment(platform)
    for url, role in (
        (environment.database_url, "allward_app"),
        (environment.dispatcher_database_url, "allward_dispatcher"),
        (environment.migration_database_url, "allward_owner"),
    ):
        with psycopg.connect(url) as connection:
            asked = "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            assert connection.execute(asked).fetchone() == (role, False)
    with psycopg.connect(environment.database_url) as connection:
        users = connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchall()
        assert {name for (name,) in users} <= {"allward_app", "allward_dispatcher"}
    assert DATABASES["default"]["ENGINE"] == "allward.tenancy.postgresql"


def test_the_images_are_real_and_two(platform, studies):
    assert real_platform.CRLM != real_platform.CPTAC
    for item, results in studies.values():
        assert not item["synthetic"]
        assert results[0]["evaluable"]


def test_the_engine_that_answered_is_the_platforms_own(platform, studies):
    _, (result,) = studies["CRLM-CT-1004"]
    printed = json.loads(platform.allward("worklist", "--json").stdout)
    assert printed
    (plugin,) = result["plugins"]
    assert plugin["id"] == "org.allward.liver-ct"
    assert plugin["device"].startswith(("OpenVINO", "ONNX Runtime"))
    assert len(plugin["models"]) == 2


def test_without_the_real_studies_continuous_integration_fails(monkeypatch, tmp_path):
    monkeypatch.setenv("ALLWARD_SAMPLES", str(tmp_path))
    monkeypatch.setattr(samples, "ROOT", tmp_path / "elsewhere" / "project")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="is not here"):
        samples.sample(real_platform.CRLM)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="is not here"):
        samples.sample(real_platform.CRLM)


def platform_environment(platform) -> Environment:
    """Return the settings that the running platform's processes read."""
    return Environment.read(platform.variables)
