"""Advice in words: numbers, lists, and the facts that it rests on."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from allward_measure.nodules.rounding import round_half_up
from allward_runner.abilities import Answer
from allward_sdk.parts import Localised
from lung_nodule.logic.advice_questions import Wanted, words_of
from lung_nodule.logic.guidelines.decide import Fact

_NONE = Localised(en="none", zh="无")


def say(en: str, zh: str) -> Localised:
    """Return one text in both languages."""
    return Localised(en=en, zh=zh)


def several(texts: Sequence[Localised]) -> Localised:
    """Return texts as a list."""
    return say(", ".join(text.en for text in texts), "、".join(text.zh for text in texts))


def plain(number: Fact | Answer) -> str:
    """Return a number as a person writes it: at most two decimals, no exponent, no idle zero."""
    assert not isinstance(number, bool | str | frozenset)
    text = f"{round_half_up(number, Decimal('0.01')):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(probability: float) -> str:
    """Return a share of 0 to 1 as a percentage of one decimal; a half goes up."""
    value = round_half_up(Decimal(repr(probability)) * 100, Decimal("0.1"))
    return f"{value:f} %"


def looked_at(used: Iterable[tuple[Wanted, Answer]]) -> tuple[Localised, ...]:
    """Return facts with the questions that they answer."""
    return tuple(_fact(wanted, value) for wanted, value in used)


def _fact(wanted: Wanted, value: Answer) -> Localised:
    said = _value(wanted, value)
    return say(f"{wanted.title.en} {said.en}", f"{wanted.title.zh}{said.zh}")


def _value(wanted: Wanted, value: Answer) -> Localised:
    if isinstance(value, bool):
        return say("Yes", "是") if value else say("No", "否")
    if isinstance(value, str):
        words = words_of(value) if wanted.kind == "choices" else (value,)
        texts = [wanted.options.get(word, say(word, word)) for word in words]
        return several(texts) if texts else _NONE
    number = plain(value)
    return say(number, number)
