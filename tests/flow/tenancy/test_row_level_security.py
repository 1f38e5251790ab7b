"""What the database itself keeps apart, whatever the code above it does."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from tests.platform_database import inside, make_hospital

from allward.audit.models import AuditEvent
from allward.outbox.models import OutboxEvent
from allward.studies.models import Patient, Study
from allward.tenancy.actions import grant_reading
from allward.tenancy.models import SharingGrant
from allward.tenancy.scope import NoScopeError, Scope, carrying, within


def _patient(hospital, number="1"):
    with inside(hospital):
        return Patient.objects.create(patient_id=number, name_alphabetic="Test^Patient")


def test_the_tests_connect_as_the_application_role_which_has_no_way_around():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("allward_app", False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_without_a_scope_there_are_no_rows():
    _patient(make_hospital())
    with transaction.atomic():
        assert not Patient.objects.exists()


def test_a_hospital_sees_its_own_rows_and_no_others():
    one, other = make_hospital(), make_hospital()
    _patient(one)
    with inside(one):
        assert Patient.objects.count() == 1
    with inside(other):
        assert Patient.objects.count() == 0


def test_writing_for_another_tenant_is_refused_by_the_database():
    one, other = make_hospital(), make_hospital()
    with pytest.raises(DatabaseError, match="row-level security"), inside(one):
        Patient.objects.create(tenant_id=other.tenant_id, patient_id="1")


def test_a_reader_with_a_grant_reads_but_writes_nothing():
    owner, reader = make_hospital(), make_hospital()
    patient = _patient(owner)
    scope = Scope(
        acting=reader.tenant_id,
        readable=frozenset({owner.tenant_id, reader.tenant_id}),
        home=reader.tenant_id,
    )
    with within(scope):
        assert Patient.objects.filter(pk=patient.pk).exists()
        assert Patient.objects.filter(pk=patient.pk).update(sex="F") == 0


def test_a_scope_can_only_act_for_a_tenant_that_it_reads():
    one, other = make_hospital(), make_hospital()
    with pytest.raises(NoScopeError):
        Scope.of_tenant(one.tenant_id).acting_for(other.tenant_id)


def test_both_sides_see_a_grant_and_a_third_does_not():
    owner, reader, third = make_hospital(), make_hospital(), make_hospital()
    with inside(owner):
        grant_reading(reader_tenant_id=reader.tenant_id, may_review=False)
    for hospital, seen in ((owner, 1), (reader, 1), (third, 0)):
        with inside(hospital):
            assert SharingGrant.objects.filter(tenant_id=owner.tenant_id).count() == seen


def test_a_foreign_key_cannot_point_into_another_hospital():
    one, other = make_hospital(), make_hospital()
    patient = _patient(one)
    with pytest.raises(DatabaseError, match="foreign key"), inside(other):
        Study.objects.create(patient_id=patient.pk, study_instance_uid="1.2.3")


def test_a_nested_scope_ends_with_its_block():
    one, other = make_hospital(), make_hospital()
    _patient(one)
    with inside(one):
        with inside(other):
            assert Patient.objects.count() == 0
        assert Patient.objects.count() == 1


def test_a_scope_does_not_outlive_its_transaction():
    one = make_hospital()
    _patient(one)
    with inside(one):
        assert Patient.objects.count() == 1
    with transaction.atomic():
        assert Patient.objects.count() == 0


def test_a_savepoint_that_is_rolled_back_keeps_the_scope():
    one = make_hospital()
    _patient(one)
    with inside(one):
        with pytest.raises(DatabaseError), transaction.atomic():
            Patient.objects.create(patient_id="1")
        assert Patient.objects.count() == 1


def test_threads_do_not_share_a_scope():
    one = make_hospital()
    _patient(one)
    seen = []

    def look():
        with transaction.atomic():
            seen.append(Patient.objects.count())
        connection.close()

    with carrying(Scope.of_tenant(one.tenant_id)):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [0]


def test_an_audit_row_is_never_changed_or_deleted():
    one = make_hospital()
    with inside(one):
        assert AuditEvent.objects.exists()
    with pytest.raises(DatabaseError, match="permission denied"), inside(one):
        AuditEvent.objects.update(actor="nobody")
    with pytest.raises(DatabaseError, match="permission denied"), inside(one):
        AuditEvent.objects.all().delete()


def test_the_dispatcher_sees_control_tables_and_no_patient():
    one = make_hospital()
    _patient(one)
    with transaction.atomic(using="dispatcher"):
        list(OutboxEvent.objects.using("dispatcher")[:1])
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(using="dispatcher"):
        Patient.objects.using("dispatcher").exists()
