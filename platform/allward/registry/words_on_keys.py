"""What a hospital believes of a key of which a person and a catalogue may both speak. Pure.

What limits the key more holds: names on which both agree, and the worse of two states.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from allward.kernel.texts import Text
from allward.registry.states import KeyState
from allward_sdk.trust.keys import PublisherKey

OWN_PREFIXES = "local."
"""How the ids of all hospitals' own plug-ins begin; no catalogue has a say in them."""

_ORDER = (KeyState.ACTIVE, KeyState.ROTATED, KeyState.REVOKED)
_ZH = {KeyState.ACTIVE: "有效", KeyState.ROTATED: "已更换", KeyState.REVOKED: "已吊销"}


@dataclass(frozen=True, slots=True)
class Word:
    """What one of them says of a key."""

    publisher: str
    prefixes: tuple[str, ...]
    """Beginnings of the plug-in ids that it may sign; none: it signs nothing."""
    state: KeyState
    reason: str

    @classmethod
    def of(cls, key: PublisherKey) -> "Word":
        """Return what a key in the form of the SDK says of itself."""
        return cls(key.publisher, key.prefixes, KeyState(key.state), key.reason)

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> "Word | None":
        """Read what `to_json` gave; None: nothing was said."""
        if value is None:
            return None
        state = KeyState(value["state"])
        return cls(value["publisher"], tuple(value["prefixes"]), state, value["reason"])

    def to_json(self) -> dict[str, Any]:
        """Return the form that the database keeps and the wire tells."""
        return {
            "publisher": self.publisher,
            "prefixes": list(self.prefixes),
            "state": self.state.value,
            "reason": self.reason,
        }


def joined(hand: Word, catalogue: Word) -> Word:
    """Return what holds where a person and a catalogue speak of one key; the name is the person's."""
    worse = catalogue if _ORDER.index(catalogue.state) > _ORDER.index(hand.state) else hand
    return Word(hand.publisher, _agreed(hand, catalogue), worse.state, worse.reason)


def never_back(before: Word | None, said: Word) -> Word:
    """Return a catalogue's new word: of a key that it called worse once it says nothing better later."""
    if before is None or _ORDER.index(before.state) <= _ORDER.index(said.state):
        return said
    return Word(said.publisher, said.prefixes, before.state, before.reason)


def common(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """Return beginnings of exactly those ids that begin as both lists allow, none covered by another."""
    others = tuple(other)
    both = {max(a, b, key=len) for a in one for b in others if a.startswith(b) or b.startswith(a)}
    return tuple(sorted(each for each in both if not _is_covered(each, both)))


def conflict_of(hand: Word | None, catalogue: Word | None) -> Text | None:
    """Return how the words of a person and a catalogue differ in what a key may do; None: they do not."""
    if hand is None or catalogue is None:
        return None
    told = [each for each in (_of_states(hand, catalogue), _of_names(hand, catalogue)) if each is not None]
    return told[0].followed_by(told[1]) if len(told) > 1 else told[0] if told else None


def _agreed(hand: Word, catalogue: Word) -> tuple[str, ...]:
    apart = {each for each in hand.prefixes if each.startswith(OWN_PREFIXES)}
    return tuple(sorted(apart.union(common(set(hand.prefixes) - apart, catalogue.prefixes))))


def _of_states(hand: Word, catalogue: Word) -> Text | None:
    if hand.state == catalogue.state:
        return None
    holds = joined(hand, catalogue)
    because, because_zh = (f" ({holds.reason})", f"（{holds.reason}）") if holds.reason else ("", "")
    return Text(
        f"This hospital says {hand.state}, the catalogue says {catalogue.state}:"
        f" {holds.state} holds{because}.",
        f"本院设为{_ZH[hand.state]}，目录列为{_ZH[catalogue.state]}；以{_ZH[holds.state]}为准{because_zh}。",
    )


def _of_names(hand: Word, catalogue: Word) -> Text | None:
    here = {each for each in hand.prefixes if not each.startswith(OWN_PREFIXES)}
    there = set(catalogue.prefixes)
    both = set(common(here, there))
    if both == _widest(here) == _widest(there):
        return None
    held = _listed(both)
    en = f"it may sign {held}, on which both agree." if both else "they agree on none, so it signs nothing."
    zh = f"仅可签署双方一致的 {held}。" if both else "双方没有一致的前缀，因此不能签署任何插件。"
    return Text(
        f"This hospital allows {_listed(here)}, the catalogue {_listed(there)}: {en}",
        f"本院允许 {_listed(here)}，目录允许 {_listed(there)}；{zh}",
    )


def _listed(prefixes: set[str]) -> str:
    return ", ".join(sorted(prefixes)) or "—"


def _widest(prefixes: set[str]) -> set[str]:
    return {each for each in prefixes if not _is_covered(each, prefixes)}


def _is_covered(prefix: str, prefixes: Iterable[str]) -> bool:
    return any(prefix != each and prefix.startswith(each) for each in prefixes)
