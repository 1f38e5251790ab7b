"""A set by its id, and in words why something cannot be done with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.request import Request

from allward.acceptance import actions
from allward.acceptance.models import AcceptanceSet
from allward.acceptance.orders import BadCaseError
from allward.acceptance.queries import sets_of
from allward.api.acceptance_json import detail_json
from allward.api.authentication import caller_of
from allward.api.errors import Refusal
from allward.kernel.states import ForbiddenTransitionError
from allward.kernel.texts import Text
from allward.registry.trust import NotPermittedError

_CONFLICT = status.HTTP_409_CONFLICT
_NOTHING_RAN = Text(
    "Every case of the set failed; there is no ground to accept the version on.",
    "该病例集的所有病例均失败，没有验收依据。",
)
_OTHER_VALUES = Text(
    "The cases of this set were computed with other values than the version has where it is to be accepted."
    " Make a new set with the values that are set there, run it, and accept on its report; or set the values"
    " that this report names.",
    "该病例集计算时的参数值与待验收处设置的参数值不同。请以该处的参数值新建病例集并运行，再依据其报告验收；"
    "或将参数值改回本报告所列。",
)
_STATES: dict[str, Text] = {
    "draft": Text("is still being put together", "仍在编辑中"),
    "running": Text("is running", "正在运行"),
    "reporting": Text("waits for its report", "正在生成报告"),
    "finished": Text("has run to its end", "已完成"),
    "canceled": Text("was canceled", "已取消"),
}
_OF_STATE = frozenset({"no_cases"})
"""Codes of what is wrong with a set, not with what was sent."""


@contextmanager
def refusing() -> Iterator[None]:
    """Say in words why something cannot be done."""
    try:
        yield
    except BadCaseError as error:
        code = _CONFLICT if error.code in _OF_STATE else status.HTTP_400_BAD_REQUEST
        raise Refusal(error.code, error.text, status_code=code) from error
    except actions.WrongSetStateError as error:
        said = _STATES[error.state]
        text = Text(f"This cannot be done: the set {said.en}.", f"无法执行：该病例集{said.zh}。")
        raise Refusal("wrong_state", text, status_code=_CONFLICT) from error
    except ForbiddenTransitionError as error:
        text = Text(f"This cannot be done: {error}.", "无法执行：仅“已验证”的安装可以验收。")
        raise Refusal("wrong_state", text, status_code=_CONFLICT) from error
    except actions.NothingRanError as error:
        raise Refusal("nothing_ran", _NOTHING_RAN, status_code=_CONFLICT) from error
    except actions.OtherValuesError as error:
        raise Refusal("other_values", _OTHER_VALUES, status_code=_CONFLICT) from error
    except NotPermittedError as error:
        raise Refusal(error.code, error.text, status_code=_CONFLICT) from error


def acceptance_set(request: Request, set_id: UUID) -> AcceptanceSet:
    """Return a set of the caller's own hospital, or 404."""
    one: AcceptanceSet = get_object_or_404(sets_of(caller_of(request).scope.home), pk=set_id)
    return one


def detail_of(request: Request, set_id: UUID) -> dict[str, Any]:
    """Return a set of the caller's own hospital with its cases, as it stands now."""
    return detail_json(acceptance_set(request, set_id))
