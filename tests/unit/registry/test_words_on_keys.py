"""Two words on one key: what limits it more holds, whatever the names are."""

from hypothesis import given
from hypothesis import strategies as st

from allward.registry.states import KeyState
from allward.registry.words_on_keys import Word, common, conflict_of, joined, never_back

PREFIXES = st.lists(st.sampled_from(["org.", "org.a.", "org.a.b.", "org.c.", "com.", "com.a."]), max_size=4)
STATES = st.sampled_from(list(KeyState))
NAMES = [
    f"{start}{end}" for start in ("org.", "org.a.", "org.a.b.", "org.c.", "com.a.", "net.") for end in "xy"
]
WORDS = st.builds(Word, st.just("Vendor"), PREFIXES.map(tuple), STATES, st.sampled_from(["", "stolen"]))


def may(name: str, prefixes) -> bool:
    return name.startswith(tuple(prefixes))


@given(PREFIXES, PREFIXES)
def test_an_id_is_in_the_common_names_exactly_if_both_lists_allow_it(one, other):
    both = common(one, other)
    assert all(may(name, both) == (may(name, one) and may(name, other)) for name in NAMES)


@given(WORDS, WORDS)
def test_what_holds_is_never_wider_than_either_word(hand, catalogue):
    holds = joined(hand, catalogue)
    order = list(KeyState)
    assert order.index(holds.state) == max(order.index(hand.state), order.index(catalogue.state))
    assert all(may(name, hand.prefixes) and may(name, catalogue.prefixes) for name in holds.prefixes)


@given(WORDS, WORDS)
def test_no_conflict_is_told_exactly_where_both_words_allow_the_same(hand, catalogue):
    same = hand.state == catalogue.state and all(
        may(name, hand.prefixes) == may(name, catalogue.prefixes) for name in [*NAMES, "org.", "com."]
    )
    assert (conflict_of(hand, catalogue) is None) == same


@given(WORDS, WORDS)
def test_a_catalogue_never_says_better_of_a_key_than_it_once_did(before, said):
    order = list(KeyState)
    told = never_back(before, said)
    assert order.index(told.state) == max(order.index(before.state), order.index(said.state))


def test_a_catalogue_has_no_say_in_names_of_hospitals_own_plugins():
    hand = Word("Hospital", ("local.other.", "org.a."), KeyState.ACTIVE, "")
    catalogue = Word("Hospital", ("org.a.",), KeyState.ACTIVE, "")
    assert joined(hand, catalogue).prefixes == ("local.other.", "org.a.")
    assert conflict_of(hand, catalogue) is None


@given(WORDS)
def test_a_word_comes_back_from_json_as_it_was(word):
    assert Word.from_json(word.to_json()) == word
