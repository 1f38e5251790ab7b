"""Whether a new run may begin with a plug-in version: signature, key, withdrawal, registration. Pure.

Asked when a version is enabled, when a study is routed, and again before each job.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from allward.kernel.texts import Text
from allward.registry.states import KeyState
from allward_sdk.intended_use import IntendedUse, Registration

WARN_DAYS = 60
"""So long before its last day a registration is warned of."""

BEFORE_SIGNATURES = "before signatures"
"""Stands for the key of a version that was taken in when packages were not signed yet."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence with the code of what it is about."""

    code: str
    text: Text

    def to_json(self) -> dict[str, str]:
        """Return the wire form."""
        return {"code": self.code, **self.text.to_json()}


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What a hospital knows of who signed a version."""

    keyid: str
    """Empty: unsigned."""
    key_state: str | None = None
    """None: the hospital does not know the key (any more)."""
    publisher: str = ""
    may_sign: bool = False
    """Whether the plug-in's id begins as the key allows."""
    listed: bool = False
    """Whether the hospital's catalogue lists the package."""
    unsigned_allowed: bool = False
    """Whether this is a development server that takes unsigned packages."""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """All that decides whether a new run may begin."""

    version: str
    intended_use: IntendedUse
    signature: SignatureFacts
    taken_in: bool = True
    """Whether the hospital knows the version at all."""
    yank_reason: str | None = None
    """None: not withdrawn."""
    authority: str = ""
    """Whose registration counts in the hospital; empty: nobody has said it, so every one has to hold."""

    @classmethod
    def of(cls, manifest: dict[str, Any], signature: SignatureFacts, **more: Any) -> "VersionFacts":
        """Read what the stored manifest says; `more`: the other fields."""
        use = IntendedUse.model_validate(manifest["intended_use"])
        return cls(manifest["plugin"]["version"], use, signature, **more)


@dataclass(frozen=True, slots=True)
class AppFacts:
    """What an app claims for itself, as a plug-in does in its manifest."""

    version: str
    intended_use: IntendedUse
    authority: str = ""
    """As in `VersionFacts`."""


def refusal_of_app(facts: AppFacts, *, day: date) -> Remark | None:
    """Return why no new run of an app may begin on a day by its own registrations, or None."""
    return next(_refusals_by_registration(facts, day), None)


def warnings_of_app(facts: AppFacts, *, day: date) -> list[Remark]:
    """Return which registrations of an app end soon."""
    return list(_warnings_by_registration(facts, day))


def refusal_of(facts: VersionFacts, *, day: date) -> Remark | None:
    """Return why no new run may begin on a day, or None."""
    return next(_refusals(facts, day), None)


def _refusals(facts: VersionFacts, day: date) -> Iterator[Remark]:
    if not facts.taken_in:
        yield _remark("unknown", "This hospital has not taken the version in.", "本院未导入该版本。")
    if facts.yank_reason is not None:
        yield Remark(
            "yanked",
            Text(f"This version was withdrawn: {facts.yank_reason}", f"该版本已撤回：{facts.yank_reason}"),
        )
    yield from _refusals_by_signature(facts.signature)
    yield from _refusals_by_registration(facts, day)


def _refusals_by_registration(facts: VersionFacts | AppFacts, day: date) -> Iterator[Remark]:
    """Judge as the hospital's authority would; a version for research has no registration to judge."""
    counting = counting_registrations(facts)
    if facts.intended_use.registrations and not counting:
        yield _remark(
            "registration_missing",
            f"It has no registration of {facts.authority}, which counts in this hospital.",
            f"该版本没有本院适用的 {facts.authority} 注册证。",
        )
    lapsed = [each for each in counting if not each.holds(version=facts.version, day=day)]
    if facts.authority and len(lapsed) < len(counting):
        return  # a renewal stands beside the one that it renews
    for registration in lapsed:
        yield _lapsed(registration, facts.version, named=bool(facts.authority))


def counting_registrations(facts: VersionFacts | AppFacts) -> tuple[Registration, ...]:
    """Return the registrations by which a version is judged: those of the hospital's authority, or all."""
    every = facts.intended_use.registrations
    return tuple(each for each in every if facts.authority in ("", each.authority))


def _refusals_by_signature(signature: SignatureFacts) -> Iterator[Remark]:
    if signature.keyid == BEFORE_SIGNATURES:
        return
    if not signature.keyid:
        if not signature.unsigned_allowed:
            yield _remark("unsigned", "Its package is not signed.", "插件包未签名。")
    elif signature.key_state is None:
        key = signature.keyid[:12]
        yield _remark(
            "key_unknown",
            f"This hospital does not trust the key {key}… that signed it.",
            f"本院不信任其签名密钥 {key}…。",
        )
    elif signature.key_state == KeyState.REVOKED:
        yield _remark(
            "key_revoked",
            f"The key of {signature.publisher} that signed it was revoked.",
            f"{signature.publisher} 用于签名的密钥已被吊销。",
        )
    elif not signature.may_sign:
        yield _remark(
            "key_other",
            f"The key of {signature.publisher} may not sign plug-ins of this name.",
            f"{signature.publisher} 的密钥无权签署该名称的插件。",
        )
    elif signature.key_state == KeyState.ROTATED and not signature.listed:
        yield _remark(
            "key_rotated",
            f"The key of {signature.publisher} was replaced, and no catalogue here lists this package.",
            f"{signature.publisher} 的密钥已更换，且本院目录未收录该插件包。",
        )


def _lapsed(registration: Registration, version: str, *, named: bool) -> Remark:
    name = f"{registration.authority} {registration.number}"
    if registration.version != version:
        remark = _remark(
            "registration_version",
            f"The registration {name} is for version {registration.version}, this is {version}.",
            f"注册证 {name} 的发布版本为 {registration.version}，而当前版本为 {version}。",
        )
    else:
        remark = _remark(
            "registration_expired",
            f"The registration {name} ended on {registration.valid_until}.",
            f"注册证 {name} 已于 {registration.valid_until} 到期。",
        )
    return remark if named else Remark(remark.code, remark.text.followed_by(_NAME_ONE))


_NAME_ONE = Text(
    "If another authority's registration counts in this hospital, an administrator has to say so.",
    "如本院以其他监管机构的注册证为准，请由管理员设定。",
)


def warnings_of(facts: VersionFacts, *, day: date) -> list[Remark]:
    """Return what an administrator should know although runs may begin."""
    return [*_warnings_by_registration(facts, day), *_warnings_by_signature(facts.signature)]


def _warnings_by_registration(facts: VersionFacts | AppFacts, day: date) -> Iterator[Remark]:
    for registration in _ending(facts, day):
        left = (registration.valid_until - day).days
        name = f"{registration.authority} {registration.number}"
        yield _remark(
            "registration_ends",
            f"The registration {name} ends on {registration.valid_until}, in {left} days.",
            f"注册证 {name} 将于 {registration.valid_until} 到期，还剩 {left} 天。",
        )


def _ending(facts: VersionFacts | AppFacts, day: date) -> list[Registration]:
    """Return the registrations whose end is near and stops new runs."""
    holding = [r for r in counting_registrations(facts) if r.holds(version=facts.version, day=day)]
    near = [each for each in holding if (each.valid_until - day).days <= WARN_DAYS]
    return [] if facts.authority and len(near) < len(holding) else near


def _warnings_by_signature(signature: SignatureFacts) -> Iterator[Remark]:
    if signature.keyid == BEFORE_SIGNATURES:
        yield _remark(
            "unsigned_before",
            "It was taken in before packages were signed; install a signed version.",
            "该版本在启用签名之前导入；请安装已签名的版本。",
        )
    elif not signature.keyid and signature.unsigned_allowed:
        yield _remark(
            "unsigned",
            "Its package is not signed; only this development server takes it.",
            "插件包未签名；仅此开发服务器允许使用。",
        )


def _remark(code: str, en: str, zh: str) -> Remark:
    return Remark(code, Text(en, zh))
