"""The life of a submission, and of a vendor's key."""

from enum import StrEnum


class SubmissionState(StrEnum):
    """How far a package has come on its way into the catalogue."""

    SUBMITTED = "submitted"
    CHECKING = "checking"
    REFUSED = "refused"
    IN_REVIEW = "in review"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    DECLINED = "declined"
    YANKED = "yanked"


_S = SubmissionState
MAY_BECOME: dict[SubmissionState, frozenset[SubmissionState]] = {
    _S.SUBMITTED: frozenset({_S.CHECKING}),
    _S.CHECKING: frozenset({_S.REFUSED, _S.IN_REVIEW}),
    _S.REFUSED: frozenset(),
    _S.IN_REVIEW: frozenset({_S.ACCEPTED, _S.DECLINED}),
    _S.ACCEPTED: frozenset({_S.PUBLISHED, _S.IN_REVIEW}),
    _S.PUBLISHED: frozenset({_S.YANKED}),
    _S.DECLINED: frozenset(),
    _S.YANKED: frozenset(),
}
"""An accepted package goes back into review where the catalogue does not take it."""

UNDECIDED = (_S.SUBMITTED, _S.CHECKING, _S.IN_REVIEW, _S.ACCEPTED)
"""The platform still has work with these."""

IN_THE_WAY = (*UNDECIDED, _S.PUBLISHED, _S.YANKED)
"""While a submission is one of these, nothing else can be handed in as the same version."""

DISCARDED = (_S.REFUSED, _S.DECLINED)
"""The bytes of these are not kept; the row and its digest stay."""


class KeyState(StrEnum):
    """What a vendor's key still proves."""

    ACTIVE = "active"
    ROTATED = "rotated"
    REVOKED = "revoked"


KEY_MAY_BECOME: dict[KeyState, frozenset[KeyState]] = {
    KeyState.ACTIVE: frozenset({KeyState.ROTATED, KeyState.REVOKED}),
    KeyState.ROTATED: frozenset({KeyState.REVOKED}),
    KeyState.REVOKED: frozenset(),
}
