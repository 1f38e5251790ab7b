"""Finding a patient by name however it is typed: 张三, zhangsan, zs, ZHANG^SAN, "zhang san".

An index keeps `NameKeys.search_terms`; a query is one of `query_keys` and matches a term that begins
with it. Terms are lower case, without tones, spaces and carets; ü is v, and every term with it also
stands with u and, as passports write it, yu.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from pypinyin import lazy_pinyin
from pypinyin.constants import PINYIN_DICT

from allward_dicom.attributes import PersonName
from allward_dicom.surnames import COMPOUND, SINGLE

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_MAX_SYLLABLE = 6
"""Letters of the longest syllable: zhuang."""
_MAX_SPELLINGS = 8
_WORDS_BEFORE_GIVEN = 1


@dataclass(frozen=True, slots=True)
class NameKeys:
    """How a patient's name can be asked for.

    Attributes
    ----------
    characters
        `"张三"`; None if the name has none.
    pinyin
        `("zhangsan",)`: each accepted reading and spelling of ü; an alphabetic name without spaces.
    initials
        `("zs",)`.
    dicom
        `"ZHANG^SAN"`, as sent if an alphabetic name was sent; None if the name is empty.
    search_terms
        All of these, normalised, for a prefix search.
    """

    characters: str | None
    pinyin: tuple[str, ...]
    initials: tuple[str, ...]
    dicom: str | None
    search_terms: tuple[str, ...]


def name_keys(name: PersonName) -> NameKeys:
    """Return the keys of a name from its groups; characters in the alphabetic group count too."""
    groups = [group for group in (name.ideographic, name.alphabetic, name.phonetic) if group]
    written = next((group for group in groups if _HAN.search(group)), None)
    latin = name.alphabetic if name.alphabetic and not _HAN.search(name.alphabetic) else None
    readings = _readings(written) if written else []
    characters = "".join(_HAN.findall(written)) if written else None
    pinyin, initials = _latin_terms(latin) if latin else ([], [])
    for family, given in readings:
        pinyin += _spellings("".join((*family, *given)))
        initials.append("".join(syllable[0] for syllable in (*family, *given)))
    terms = [*([characters] if characters else []), *pinyin, *initials]
    return NameKeys(
        characters=characters,
        pinyin=_once(pinyin),
        initials=_once(initials),
        dicom=latin.upper() if latin else _dicom_form(readings),
        search_terms=_once(terms),
    )


def query_keys(text: str) -> tuple[str, ...]:
    """Return the forms under which a typed query is looked up; empty if nothing was typed.

    A name matches if one of its search terms begins with one of these.
    """
    folded = _fold(text)
    if not folded:
        return ()
    if not _HAN.search(folded):
        return (folded,)
    if all(_HAN.match(character) for character in folded):
        return (folded,)
    spelled = ["".join((*family, *given)) for family, given in _readings(folded)]
    return _once([folded, *spelled])


def matches(keys: NameKeys, query: str) -> bool:
    """Tell whether a typed query names this person."""
    wanted = query_keys(query)
    return any(term.startswith(prefix) for term in keys.search_terms for prefix in wanted)


def _once(terms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term for term in terms if term))


def _fold(text: str) -> str:
    """Bring a text to the form of search terms: lower case, no tones, ü as v, letters and digits only."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower())
    with_v = re.sub("u([\u0300-\u0307\u0309-\u036f]*)\u0308", "v", decomposed)
    return "".join(
        character
        for character in unicodedata.normalize("NFC", with_v)
        if character.isalnum() and not unicodedata.combining(character)
    ).translate(_ACCENTS)


_ACCENTS = {
    code: unicodedata.normalize("NFD", chr(code))[0]
    for code in range(0xC0, 0x250)
    if unicodedata.normalize("NFD", chr(code))[0].isascii()
}
"""Accented Latin letters -> the plain letter, after ü has become v."""


def _readings(written: str) -> list[tuple[list[str], list[str]]]:
    """Return (syllables of the family name, of the given name) for each reading of a written name."""
    family, caret, given = written.split("=")[0].partition("^")
    if caret and _HAN.search(family) and _HAN.search(given):
        family, given = _fold(family), _fold(given.replace("^", ""))
        return [(surname, _plain(given)) for surname in _surname_readings(family)]
    whole = _fold(written)
    if whole[:2] in COMPOUND:
        found = [(COMPOUND[whole[:2]].split(), _plain(whole[2:]))]
        if len(whole) > 2 or whole[0] not in SINGLE:
            return found
        return found + [([surname], _plain(whole[1:])) for surname in SINGLE[whole[0]]]
    return [(surname, _plain(whole[1:])) for surname in _surname_readings(whole[:1])]


def _surname_readings(family: str) -> list[list[str]]:
    if family in COMPOUND:
        return [COMPOUND[family].split()]
    if family in SINGLE:
        return [[reading] for reading in SINGLE[family]]
    return [_plain(family)]


def _plain(characters: str) -> list[str]:
    """Return the syllables of characters by their usual reading; Latin letters stay together."""
    return [_fold(syllable) for syllable in lazy_pinyin(characters) if _fold(syllable)]


def _spellings(pinyin: str) -> list[str]:
    """Return a term with every v also as u, and as yu where a passport writes it so."""
    if "v" not in pinyin:
        return [pinyin]
    parts = re.split("(v)", pinyin)
    choices = [("v", "u", "yu") if part == "v" else (part,) for part in parts]
    return ["".join(choice) for choice in product(*choices)][:_MAX_SPELLINGS]


def _dicom_form(readings: list[tuple[list[str], list[str]]]) -> str | None:
    if not readings:
        return None
    family, given = readings[0]
    return "^".join(part for part in ("".join(family), "".join(given)) if part).upper()


def _latin_terms(latin: str) -> tuple[list[str], list[str]]:
    """Return terms and initials of an alphabetic name, family name first and last."""
    words = [folded for word in re.split(r"[\^\s,.·'-]+", latin) if (folded := _fold(word))]
    if not words:
        return [], []
    turned = [*words[_WORDS_BEFORE_GIVEN:], *words[:_WORDS_BEFORE_GIVEN]]
    terms = [spelling for each in (words, turned) for spelling in _spellings("".join(each))]
    initials = ["".join(word[0] for word in words)]
    syllables = [split_syllables(word) for word in words]
    if all(syllables):
        initials.append("".join(syllable[0] for word in syllables for syllable in word))
    return terms, initials


@lru_cache(maxsize=1)
def _known_syllables() -> frozenset[str]:
    readings = (reading for entry in PINYIN_DICT.values() for reading in entry.split(","))
    plain = {_fold(reading) for reading in readings}
    return frozenset(s for s in plain if s.isascii() and (len(s) > 1 or s in "aeo"))


@lru_cache(maxsize=4096)
def split_syllables(word: str) -> tuple[str, ...]:
    """Split a word into as few pinyin syllables as can be: `("xiao", "ming")`; empty if it is no pinyin."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _MAX_SYLLABLE), end):
            before, syllable = best[start], word[start:end]
            if before is None or syllable not in _known_syllables():
                continue
            if best[end] is None or len(before) + 1 < len(best[end] or ()):
                best[end] = (*before, syllable)
    return best[len(word)] or ()
