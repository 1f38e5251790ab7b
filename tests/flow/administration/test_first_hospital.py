"""An installation without demo accounts: from nothing to a person who signs in, by the README's commands."""

import re

import pytest
from tests.platform_database import migrated

from allward.identity.sign_in import sign_in
from allward.ingest.models import SenderRule
from allward.ingest.senders import Facts, choose_rule, read_rules
from allward.tenancy.models import Tenant
from allward_sdk.cli import main


@pytest.fixture(autouse=True)
def tables():
    migrated()


def run(capsys, *words: str) -> str:
    assert main(list(words)) == 0
    return str(capsys.readouterr().out)


def test_a_hospital_a_person_and_a_sender_are_added_by_command(capsys):
    run(capsys, "hospital", "add", "first", "--en", "First Hospital", "--zh", "第一医院")
    said = run(
        capsys, "user", "add", "wang", "--name", "Dr Wang", "--tenant", "first", "--role", "radiologist"
    )
    password = re.search(r"password: (\S+)", said)
    assert password
    _, caller = sign_in(username="wang", password=password.group(1))
    assert caller.roles == ("radiologist",)
    run(capsys, "sender", "add", "--tenant", "first", "--called", "FIRST_AE")
    rule = choose_rule(read_rules(), Facts("FIRST_AE", "ANY", "")).rule
    assert rule is not None
    assert rule.tenant_id == Tenant.objects.get(code="first").pk == caller.scope.home
    assert SenderRule.objects.using("dispatcher").filter(called_ae_title="FIRST_AE").count() == 1


def test_a_person_with_a_new_password_signs_in_with_that_one_alone(capsys):
    run(capsys, "hospital", "add", "second", "--en", "Second", "--zh", "第二医院")
    run(capsys, "user", "add", "li", "--name", "Dr Li", "--tenant", "second", "--role", "surgeon")
    said = run(capsys, "user", "password", "li")
    _, caller = sign_in(username="li", password=said.strip().rpartition(" ")[2])
    assert caller.display_name == "Dr Li"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("user", "add", "x", "--name", "X", "--tenant", "nowhere", "--role", "surgeon"),
            "no hospital 'nowhere'",
        ),
        (("user", "password", "nobody"), "no user 'nobody'"),
        (("sender", "add", "--tenant", "first"), "say what tells these images"),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence(capsys, words, sentence):
    assert main(list(words)) == 1
    assert sentence in capsys.readouterr().err
