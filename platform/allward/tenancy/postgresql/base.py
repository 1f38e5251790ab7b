"""The back end's connection. Django asks for a module of this name."""

from typing import Any

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
        """Begin (or end) a transaction; one that begins carries the scope."""
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if not autocommit:
            self.apply_scope()

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
