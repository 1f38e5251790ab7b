"""How an entitlement stands at a moment, and what to do about it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allward.kernel.texts import Text
from allward_sdk.entitlement import Entitlement, Quota


class State(StrEnum):
    """What is said of an entitlement."""

    VALID = "valid"
    CLOCK_SET_BACK = "clock set back"
    IN_GRACE = "in grace"
    QUOTA_USED_UP = "quota used up"
    NOT_YET = "not yet"
    EXPIRED = "expired"
    OTHER_HOSPITAL = "other hospital"
    NOT_TRUSTED = "not trusted"


RUNS = frozenset({State.VALID, State.CLOCK_SET_BACK, State.IN_GRACE})
"""States in which new runs begin."""

PREFERENCE = tuple(State)
"""Of several entitlements, the one in the earliest of these states is used, and speaks for all."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an entitlement is held to."""

    hospital_id: UUID
    at: datetime
    """The moment that counts."""
    behind: timedelta | None = None
    """How far the clock is behind that moment, if it was set back."""
    used: int = 0
    """Studies that were counted under it, in this month or in total, as its quota says."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A state and its words."""

    state: State
    text: Text

    @property
    def runs(self) -> bool:
        """Whether a new run may begin."""
        return self.state in RUNS

    @property
    def warns(self) -> bool:
        """Whether a new run begins, but somebody should do something."""
        return self.runs and self.state != State.VALID


def standing_of(entitlement: Entitlement, facts: Facts) -> Standing:
    """Say how an entitlement stands; the words say what to do."""
    state = _state_of(entitlement, facts)
    text = _text_of(state, entitlement, facts)
    if facts.behind is not None and state != State.CLOCK_SET_BACK:
        text = text.followed_by(_clock_set_back(facts.behind, facts.at))
    return Standing(state, text)


def not_trusted(reason: str) -> Standing:
    """Say that the token is no longer one of somebody whom the hospital trusts."""
    return Standing(
        State.NOT_TRUSTED,
        Text(
            f"It does not hold any more: {reason}. Ask the publisher for another one.",
            f"授权已不可信：{reason}。请向发布方索取新的授权。",
        ),
    )


def _state_of(entitlement: Entitlement, facts: Facts) -> State:
    if entitlement.tenant.id != facts.hospital_id:
        return State.OTHER_HOSPITAL
    if facts.at < entitlement.not_before:
        return State.NOT_YET
    if facts.at >= entitlement.grace_until:
        return State.EXPIRED
    if entitlement.quota is not None and facts.used >= entitlement.quota.studies:
        return State.QUOTA_USED_UP
    if facts.at >= entitlement.expires:
        return State.IN_GRACE
    return State.VALID if facts.behind is None else State.CLOCK_SET_BACK


def _text_of(state: State, entitlement: Entitlement, facts: Facts) -> Text:
    match state:
        case State.OTHER_HOSPITAL:
            return _other_hospital(entitlement)
        case State.NOT_YET:
            begin = _moment(entitlement.not_before)
            return Text(f"It holds from {begin} on.", f"授权自 {begin} 起生效。")
        case State.EXPIRED:
            return _expired(entitlement)
        case State.QUOTA_USED_UP if entitlement.quota is not None:
            return _used_up(entitlement.quota)
        case State.IN_GRACE:
            return _in_grace(entitlement)
        case _:
            if facts.behind is not None:
                return _clock_set_back(facts.behind, facts.at)
            end = _moment(entitlement.expires)
            return Text(f"It holds until {end}.", f"授权有效期至 {end}。")


def _other_hospital(entitlement: Entitlement) -> Text:
    code = entitlement.tenant.code
    return Text(
        f"It was issued for another hospital, {code}. Ask the publisher for one for this hospital.",
        f"该授权颁发给另一家医院（{code}）。请向发布方索取本院的授权。",
    )


def _expired(entitlement: Entitlement) -> Text:
    end = _moment(entitlement.grace_until)
    return Text(
        f"It ended on {end}, so no new run begins; those that have begun are finished."
        " Upload a renewal from the publisher.",
        f"授权已于 {end} 到期，不再启动新的运行；已开始的运行会继续完成。请上传发布方的续期授权。",
    )


def _in_grace(entitlement: Entitlement) -> Text:
    end, last = _moment(entitlement.expires), _moment(entitlement.grace_until)
    return Text(
        f"It ended on {end}; new runs begin until {last}. Upload a renewal from the publisher.",
        f"授权已于 {end} 到期，宽限期至 {last}。请上传发布方的续期授权。",
    )


def _used_up(quota: Quota) -> Text:
    if quota.per == "month":
        return Text(
            f"All {quota.studies} studies of this month are used up. Ask the publisher for more; the next"
            " month begins anew.",
            f"本月 {quota.studies} 例检查额度已用完。请向发布方申请增加额度；下月重新计数。",
        )
    return Text(
        f"All {quota.studies} studies are used up. Ask the publisher for more.",
        f"{quota.studies} 例检查额度已用完。请向发布方申请增加额度。",
    )


def _clock_set_back(behind: timedelta, at: datetime) -> Text:
    span = _span(behind)
    return Text(
        f"The server's clock is {span.en} behind a time that it has shown before; {_moment(at)} counts."
        " Set the clock right.",
        f"服务器时钟比曾经显示的时间慢 {span.zh}，授权按 {_moment(at)} 计算。请校准时钟。",
    )


def _span(time: timedelta) -> Text:
    minutes = round(time / timedelta(minutes=1))
    if minutes < 120:
        return Text(f"{minutes} minutes", f"{minutes} 分钟")
    hours = round(time / timedelta(hours=1))
    if hours < 48:
        return Text(f"{hours} hours", f"{hours} 小时")
    days = round(time / timedelta(days=1))
    return Text(f"{days} days", f"{days} 天")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
