"""The scope that every transaction carries: whose rows may be read, and for whom rows are written.

PostgreSQL's row-level security reads it. A scope is made only by authentication, by an association's
AE title, or by the tenant of an event or a claim; without one a transaction sees no rows at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Protocol, cast
from uuid import UUID

from django.db import connections, transaction


@dataclass(frozen=True, slots=True)
class Scope:
    """Proof of what a caller may see.

    Attributes
    ----------
    acting
        The tenant that rows are written for.
    readable
        The tenants whose rows may be read: the own one and those that granted it.
    home
        The tenant of the person or process itself; differs from `acting` when a partner's data are reviewed.
    """

    acting: UUID
    readable: frozenset[UUID]
    home: UUID
    user_id: UUID | None = None
    actor: str = "system"
    permissions: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of_tenant(cls, tenant_id: UUID, *, actor: str = "system") -> "Scope":
        """Make the scope of a process that works for one tenant alone."""
        return cls(acting=tenant_id, readable=frozenset({tenant_id}), home=tenant_id, actor=actor)

    @classmethod
    def of_user(cls, user_id: UUID, *, actor: str) -> "Scope":
        """Make the scope in which nothing but a user's own memberships can be read."""
        nobody = UUID(int=0)
        return cls(acting=nobody, readable=frozenset(), home=nobody, user_id=user_id, actor=actor)

    def acting_for(self, tenant_id: UUID) -> "Scope":
        """Return this scope writing for another tenant that it may read.

        Raises
        ------
        NoScopeError
            If that tenant is not readable.
        """
        if tenant_id not in self.readable:
            raise NoScopeError("this tenant is not within the caller's scope")
        return replace(self, acting=tenant_id)


class NoScopeError(RuntimeError):
    """Something asked for data without saying for whom."""


class _ScopedConnection(Protocol):
    in_atomic_block: bool

    def apply_scope(self) -> None: ...


_current: ContextVar[Scope | None] = ContextVar("allward_scope", default=None)


def current_scope() -> Scope | None:
    """Return the scope in force, or None outside of any."""
    return _current.get()


def required_scope() -> Scope:
    """Return the scope in force.

    Raises
    ------
    NoScopeError
        Outside of any scope.
    """
    scope = _current.get()
    if scope is None:
        raise NoScopeError("no tenant scope is in force; open one with allward.tenancy.scope.within")
    return scope


def acting_tenant_id() -> UUID:
    """Return the tenant that rows are written for; the default of every `tenant_id` column."""
    return required_scope().acting


@contextmanager
def within(scope: Scope, *, using: str = "default") -> Iterator[Scope]:
    """Run a block in one transaction under `scope`.

    Nested inside another scope's transaction it narrows or changes the scope for the block only.
    """
    connection = cast(_ScopedConnection, connections[using])
    nested = connection.in_atomic_block
    token = _current.set(scope)
    try:
        with transaction.atomic(using=using):
            if nested:
                connection.apply_scope()
            yield scope
    finally:
        _current.reset(token)
        if nested and not transaction.get_connection(using).needs_rollback:
            connection.apply_scope()


@contextmanager
def carrying(scope: Scope | None) -> Iterator[None]:
    """Set the scope without opening a transaction; the ones opened inside carry it."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)
