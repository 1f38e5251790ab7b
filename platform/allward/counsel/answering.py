"""Which answers can be taken: to a question that is asked, of its kind and within its limits. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allward.kernel.texts import Text
from allward_runner.abilities import Answer, Question

Named = Mapping[str, Answer | None]


class AnswerRefusedError(Exception):
    """An answer to nothing that is asked, or one that cannot be; in the reader's words."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Given:
    """Answers that are to change; None takes one back, what is not named stays.

    Attributes
    ----------
    of_findings
        By the id of the finding's record, then by name.
    """

    of_patient: Named = field(default_factory=dict)
    of_findings: Mapping[str, Named] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to change."""
        return not self.of_patient and not any(self.of_findings.values())


def merged(answers: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return answers as they are after a change."""
    of_findings = dict(answers.get("of_findings", {}))
    for finding_id, named in given.of_findings.items():
        of_findings[finding_id] = _changed(of_findings.get(finding_id, {}), named)
    return {
        "of_patient": _changed(answers.get("of_patient", {}), given.of_patient),
        "of_findings": {finding_id: named for finding_id, named in of_findings.items() if named},
    }


def check(given: Given, questions: Sequence[Question]) -> None:
    """Let only answers through that can be used; taking one back is always possible.

    Parameters
    ----------
    questions
        Those that are asked now, about findings by the ids of their records.

    Raises
    ------
    AnswerRefusedError
        If a question is not asked, or the answer is not of its kind or beyond its limits.
    """
    asked = {(one.finding_id, one.name): one for one in questions}
    _check(None, given.of_patient, asked)
    for finding_id, named in given.of_findings.items():
        _check(finding_id, named, asked)


def _changed(before: Mapping[str, Answer], named: Named) -> dict[str, Answer]:
    after = {**before, **named}
    return {name: answer for name, answer in after.items() if answer is not None}


def _check(finding_id: str | None, named: Named, asked: Mapping[tuple[str | None, str], Question]) -> None:
    for name, answer in named.items():
        if answer is None:
            continue
        question = asked.get((finding_id, name))
        if question is None:
            raise AnswerRefusedError(
                Text(
                    f"Nothing is asked under {name}; load the questions again.",
                    f"未询问 {name}，请重新加载问题。",
                )
            )
        if not _fits(question, answer):
            title = question.title
            raise AnswerRefusedError(
                Text(f"This is no answer to: {title.en}", f"该答案不适用于此问题：{title.zh}")
            )


def _fits(question: Question, answer: Answer) -> bool:
    if question.kind == "yes_no":
        return isinstance(answer, bool)
    if question.kind == "number":
        return not isinstance(answer, bool | str) and _within(question, answer)
    if not isinstance(answer, str):
        return False
    if question.kind == "date":
        return _is_day(answer)
    names = [name for name in answer.split(",") if name] if question.kind == "choices" else [answer]
    return all(name in question.options for name in names)


def _within(question: Question, answer: float) -> bool:
    try:
        number = float(answer)
    except OverflowError:  # of a whole number that no float holds
        return False
    return (
        math.isfinite(number)
        and (question.least is None or number >= question.least)
        and (question.most is None or number <= question.most)
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
