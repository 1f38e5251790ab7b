"""Whose an image is that a hospital asked an archive to send: told by the C-MOVE that it names. Pure.

An archive may serve many hospitals under one AE title, so the rules about senders may not tell them apart.
Each object that comes by a C-MOVE names who asked for it, (0000,1030), and with which message, (0000,1031).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from allward.ingest.senders import Rule
from allward.ingest.spool import Origin


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One C-MOVE that a hospital has asked for."""

    tenant_id: UUID
    sender_ae_title: str
    originator_ae_title: str
    message_id: int


Asked = Callable[[str], Iterable[AskedFor]]
"""Gives what was asked for of a study, by its UID, of all hospitals."""


def nothing(study_instance_uid: str) -> tuple[AskedFor, ...]:
    """Say that nobody asked for anything."""
    return ()


def who_asked(asked: Iterable[AskedFor], origin: Origin) -> UUID | None:
    """Return the hospital whose C-MOVE an object names; None if it names none, or that of several.

    The message is compared where the archive names it; some name the title alone.
    """
    title, message_id = origin.move_originator_ae_title, origin.move_originator_message_id
    found = {
        each.tenant_id
        for each in asked
        if title
        and _same(each.originator_ae_title, title)
        and _same(each.sender_ae_title, origin.calling_ae_title)
        and message_id in ("", str(each.message_id))
    }
    return found.pop() if len(found) == 1 else None


def was_asked_by(asked: Iterable[AskedFor], origin: Origin, tenant_id: UUID) -> bool:
    """Tell whether an object that names no C-MOVE is probably the answer to one of this hospital."""
    return not origin.move_originator_ae_title and any(
        each.tenant_id == tenant_id and _same(each.sender_ae_title, origin.calling_ae_title) for each in asked
    )


def contradicts(rule: Rule | None, tenant_id: UUID) -> bool:
    """Tell whether a rule that says something of the sender or the image gives it to another hospital.

    A rule that states the called AE title alone speaks of our own door; a C-MOVE of ours knows better.
    """
    if rule is None or rule.tenant_id == tenant_id:
        return False
    return bool(rule.calling_ae_title or rule.certificate_sha256 or rule.institution_name)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
