"""Which answers can be taken."""

import pytest

from allward.counsel.answering import AnswerRefusedError, Given, check
from allward_runner.abilities import Question
from allward_sdk.parts import Localised


def test_a_whole_number_that_no_float_holds_is_refused_as_no_answer():
    said = Localised(en="Age", zh="年龄")
    question = Question(name="age", title=said, kind="number", why=said)
    check(Given({"age": 63}), [question])
    with pytest.raises(AnswerRefusedError):
        check(Given({"age": 10**400}), [question])
