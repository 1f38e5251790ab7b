"""The back end's connection. Django asks for a module of this name."""

from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.backends.postgresql import base as postgresql

from allward.tenancy.scope import current_scope


class DatabaseWrapper(postgresql.DatabaseWrapper):
    """A connection whose transactions begin by stating the scope in force.

    `SET LOCAL` ends with its transaction and a setting that was used once reads as an empty string
    afterwards, so the scope lives in a context variable and is stated anew each time; the policies
    read an empty setting as "no tenant".
    """

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> Any:
        """Begin (or end) a transaction; one that begins carries the scope.

        Where it begins is also where a thread finds out that the server has dropped its connection, by a
        restart for example. Nothing has been said in that transaction yet, so it begins on a new connection.
        """
        if autocommit:
            super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
            return
        try:
            self._begin(force_begin_transaction_with_broken_autocommit)
        except _DroppedError:
            self._begin(force_begin_transaction_with_broken_autocommit)

    def _begin(self, force_begin_transaction_with_broken_autocommit: bool) -> None:
        """Begin a transaction under the scope in force.

        A connection that fails here is closed at once. Kept, it would count as one whose transactions the
        caller ends himself: Django would never look at it again, and never commit on it.
        """
        self.ensure_connection()
        try:
            super().set_autocommit(False, force_begin_transaction_with_broken_autocommit)
            self.apply_scope()
        except (OperationalError, InterfaceError) as error:
            self.close()
            raise _DroppedError(*error.args) from error

    def apply_scope(self) -> None:
        """State the scope in force to the server, for the present transaction."""
        scope = current_scope()
        readable = ",".join(sorted(map(str, scope.readable))) if scope else ""
        acting = str(scope.acting) if scope else ""
        user = str(scope.user_id) if scope and scope.user_id else ""
        with self.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('allward.readable', %s, true), set_config('allward.acting', %s, true),"
                " set_config('allward.user', %s, true)",
                [readable, acting, user],
            )


class _DroppedError(OperationalError):
    """The connection is of no use any more; it has been closed."""
