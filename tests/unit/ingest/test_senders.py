"""Whose images: the rule that states most wins, and a tie between hospitals is nobody's."""

from uuid import UUID

from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from allward.ingest.senders import Facts, KnownRules, Rule, choose_rule

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_the_rule_with_most_matching_fields_wins():
    general = Rule(ONE, called_ae_title="GATEWAY")
    special = Rule(OTHER, called_ae_title="GATEWAY", institution_name="West Hospital")
    facts = Facts("GATEWAY", "CT1", "", "west  hospital")
    assert choose_rule([general, special], facts).rule is special
    assert choose_rule([general, special], Facts("GATEWAY", "CT1")).rule is general


def test_a_field_that_is_stated_and_differs_excludes_a_rule():
    rule = Rule(ONE, called_ae_title="GATEWAY", calling_ae_title="CT1")
    assert choose_rule([rule], Facts("GATEWAY", "CT2")).rule is None


def test_a_rule_that_states_nothing_matches_nobody():
    assert choose_rule([Rule(ONE)], Facts("ANY")).rule is None


def test_a_tie_between_hospitals_is_not_broken():
    rules = [Rule(ONE, called_ae_title="A"), Rule(OTHER, calling_ae_title="B")]
    choice = choose_rule(rules, Facts("A", "B"))
    assert choice.rule is None
    assert "several hospitals" in choice.reason


def test_a_proven_certificate_outranks_whatever_a_sender_says_of_itself():
    claimed = Rule(ONE, called_ae_title="A", calling_ae_title="B", institution_name="West Hospital")
    proven = Rule(OTHER, certificate_sha256="ab" * 32)
    facts = Facts("A", "B", "ab" * 32, "West Hospital")
    assert choose_rule([claimed, proven], facts).rule is proven
    assert choose_rule([claimed, proven], Facts("A", "B", "", "West Hospital")).rule is claimed


def test_a_tie_within_one_hospital_is_decided_the_same_way_in_any_order():
    rules = [Rule(ONE, called_ae_title="A", department_id=UUID(int=n)) for n in (5, 3, 4)]
    chosen = {choose_rule(order, Facts("A")).rule for order in (rules, rules[::-1])}
    assert chosen == {rules[1]}


_texts = st.sampled_from(["", "A", "B"])
_rules = st.builds(
    Rule,
    st.sampled_from([ONE, OTHER]),
    called_ae_title=_texts,
    calling_ae_title=_texts,
    certificate_sha256=_texts,
    institution_name=_texts,
)


@given(st.lists(_rules, max_size=6), st.builds(Facts, _texts, _texts, _texts, _texts))
def test_what_is_chosen_matches_and_nothing_matching_is_stronger(rules, facts):
    rule = choose_rule(rules, facts).rule
    if rule is not None:
        assert rule.matches(facts)
        better = [each for each in rules if each.matches(facts) and each.strength > rule.strength]
        assert not better
        equal = [each for each in rules if each.matches(facts) and each.strength == rule.strength]
        assert {each.tenant_id for each in equal} == {rule.tenant_id}


def test_the_last_known_rules_stay_while_the_database_is_away():
    answers = [(Rule(ONE, called_ae_title="A"),), OperationalError("away")]

    def read():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    known = KnownRules(read=read)
    assert known.current is None
    assert known.refresh()
    assert not known.refresh()
    assert known.current == (Rule(ONE, called_ae_title="A"),)
