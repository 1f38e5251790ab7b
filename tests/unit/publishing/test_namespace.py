"""Ids belong to whom the catalogue listed first for them."""

from uuid import UUID

from allward.publishing.namespace import taken_by
from allward_sdk.trust.keys import PublisherKey

ME, OTHER = UUID(int=1), UUID(int=2)


def key(keyid, *prefixes):
    return PublisherKey(keyid * 64, "0" * 64, f"publisher {keyid}", prefixes)


MINE = key("a", "org.me.")


def taken(*listed, **owners):
    found = taken_by(MINE, listed, {keyid * 64: owner for keyid, owner in owners.items()}, tenant_id=ME)
    return None if found is None else found.keyid[0]


def test_nobody_stands_in_the_way_in_an_empty_catalogue_or_beside_other_ids():
    assert taken() is None
    assert taken(key("b", "org.other."), key("c", "org.mean.")) is None


def test_a_key_of_somebody_else_for_the_same_ids_or_wider_or_narrower_ones_does():
    for prefix in ("org.me.", "org.", "org.me.deep."):
        assert taken(key("b", prefix), b=OTHER) == "b"


def test_a_key_that_came_by_the_command_line_is_somebody_elses():
    assert taken(key("b", "org.me.")) == "b"


def test_the_vendors_own_other_key_is_not_in_its_way():
    assert taken(key("b", "org.me."), b=ME) is None


def test_the_key_itself_is_the_vendors_if_it_published_with_it_here():
    assert taken(key("a", "org.me."), a=ME) is None
    assert taken(key("a", "org.me."), a=OTHER) == "a"


def test_a_key_that_was_listed_by_the_command_line_is_not_whose_who_registers_it():
    assert taken(key("a", "org.me.")) == "a"
    assert taken(key("a", "org.elsewhere.")) == "a"
