"""A database that went away and came back: the next transaction works, and none is half done."""

import threading

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from tests import services
from tests.platform_database import inside, make_hospital

from allward.kernel.ids import new_id
from allward.outbox.models import OutboxEvent
from allward.tenancy.models import Department
from allward.tenancy.scope import Scope, within


def lose(using: str = "default") -> None:
    """End this thread's connection from the server's side, as a restart does; the thread hears nothing."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process_id = cursor.fetchone()[0]
    with psycopg.connect(services.postgres_server().superuser_url, autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [process_id])


@pytest.fixture
def hospital():
    return make_hospital()


def add_event(hospital) -> None:
    OutboxEvent.objects.create(tenant_id=hospital.tenant_id, kind="Test", payload={}, expanded=True)


def events_of(hospital) -> int:
    with inside(hospital):
        return OutboxEvent.objects.filter(tenant_id=hospital.tenant_id).count()


def test_a_transaction_on_a_connection_that_was_dropped_begins_on_a_new_one(hospital):
    with inside(hospital):
        add_event(hospital)
    lose()
    with inside(hospital):
        assert Department.objects.count() == 1
        add_event(hospital)
    assert events_of(hospital) == 2


def test_a_connection_dropped_within_a_transaction_fails_all_of_it_and_the_next_one_works(hospital):
    def interrupted() -> None:
        with inside(hospital):
            add_event(hospital)
            lose()
            add_event(hospital)

    with pytest.raises(DatabaseError):
        interrupted()
    assert events_of(hospital) == 0
    with inside(hospital):
        add_event(hospital)
    assert events_of(hospital) == 1


def test_what_is_said_after_a_dropped_connection_is_committed(hospital):
    """A transaction that began on a dead connection once left the next one without its commit."""
    with inside(hospital):
        add_event(hospital)
    lose()
    with inside(hospital):
        add_event(hospital)
    seen = []

    def look() -> None:
        seen.append(events_of(hospital))
        connection.close()

    other = threading.Thread(target=look)
    other.start()
    other.join()
    assert seen == [2]
    assert connection.get_autocommit()


def test_the_dispatcher_gets_a_new_connection_too(hospital):
    with transaction.atomic(using="dispatcher"):
        OutboxEvent.objects.using("dispatcher").count()
    lose("dispatcher")
    with transaction.atomic(using="dispatcher"):
        OutboxEvent.objects.using("dispatcher").count()


def test_a_scope_opened_on_a_new_connection_is_the_right_one(hospital):
    stranger = Scope.of_tenant(new_id(), actor="test")
    with inside(hospital):
        assert Department.objects.count() == 1
    lose()
    with within(stranger):
        assert Department.objects.count() == 0
