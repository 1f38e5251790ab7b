"""Whose images these are: the rules that map a sender to a hospital."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Event
from uuid import UUID

from django.db import Error, close_old_connections

from allward.ingest.models import SenderRule

log = logging.getLogger(__name__)

DEFAULT_CHARSET = "GB18030"
"""Assumed for texts beyond ASCII without (0008,0005), unless the sender's rule names another repertoire."""

REFRESH_S = 5.0
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a sender."""

    called_ae_title: str = ""
    calling_ae_title: str = ""
    certificate_sha256: str = ""
    institution_name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: every stated field has to match; empty fields state nothing."""

    tenant_id: UUID
    called_ae_title: str = ""
    calling_ae_title: str = ""
    certificate_sha256: str = ""
    institution_name: str = ""
    department_id: UUID | None = None
    fallback_charset: str = DEFAULT_CHARSET

    @property
    def stated(self) -> int:
        """How many fields it states."""
        return sum(map(bool, self._fields))

    @property
    def strength(self) -> tuple[bool, int]:
        """By what it outranks other rules: a certificate is proven, the rest a sender may just claim."""
        return bool(self.certificate_sha256), self.stated

    @property
    def _fields(self) -> tuple[str, str, str, str]:
        return self.called_ae_title, self.calling_ae_title, self.certificate_sha256, self.institution_name

    def matches(self, facts: Facts) -> bool:
        """Tell whether every stated field equals the sender's; a rule that states none matches nobody."""
        theirs = (
            facts.called_ae_title,
            facts.calling_ae_title,
            facts.certificate_sha256,
            facts.institution_name,
        )
        pairs = zip(self._fields, theirs, strict=True)
        return self.stated > 0 and all(not mine or _same(mine, other) for mine, other in pairs)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


@dataclass(frozen=True, slots=True)
class Choice:
    """The rule that applies, or why none does."""

    rule: Rule | None
    reason: str = ""


def choose_rule(rules: Iterable[Rule], facts: Facts) -> Choice:
    """Choose the strongest matching rule; between several hospitals none is chosen.

    A guess would put one hospital's patient into another one's archive, so a tie is not broken.
    """
    matching = [rule for rule in rules if rule.matches(facts)]
    if not matching:
        return Choice(None, "no rule matches this sender")
    most = max(rule.strength for rule in matching)
    best = [rule for rule in matching if rule.strength == most]
    if len({rule.tenant_id for rule in best}) > 1:
        return Choice(None, "rules of several hospitals match this sender equally well")
    return Choice(min(best, key=lambda rule: (str(rule.department_id), rule.fallback_charset)))


def read_rules() -> tuple[Rule, ...]:
    """Read the enabled rules of all hospitals, in the dispatcher's role."""
    rows = SenderRule.objects.using("dispatcher").filter(enabled=True).order_by("id")
    return tuple(
        Rule(
            tenant_id=row.tenant_id,
            called_ae_title=row.called_ae_title,
            calling_ae_title=row.calling_ae_title,
            certificate_sha256=row.certificate_sha256,
            institution_name=row.institution_name,
            department_id=row.department_id,
            fallback_charset=row.fallback_charset or DEFAULT_CHARSET,
        )
        for row in rows
    )


class KnownRules:
    """The last known rules: read anew every few seconds by a thread, kept while the database is away."""

    def __init__(self, read: Callable[[], Sequence[Rule]] = read_rules) -> None:
        self._read = read
        self._rules: tuple[Rule, ...] | None = None

    @property
    def current(self) -> tuple[Rule, ...] | None:
        """The rules; None if they could never be read. Never waits."""
        return self._rules

    def refresh(self) -> bool:
        """Read the rules; return whether the database answered."""
        try:
            close_old_connections()
            self._rules = tuple(self._read())
        except Error as error:
            log.warning("sender rules cannot be read, the last known ones stay: %s", error)
            return False
        finally:
            close_old_connections()
        return True

    def keep_fresh(self, stop: Event) -> None:
        """Read the rules every `REFRESH_S` until `stop` is set."""
        while not stop.wait(REFRESH_S if self.refresh() else RETRY_S):
            pass
