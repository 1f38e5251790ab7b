"""Who had how much of a device: virtual time per tenant and app, and what each class is still owed.

Virtual time is device seconds over weight. Who has least of it is served next, so that in the long run
tenants get time in proportion to their weights, whatever they queue. Inside a tenant its apps are told
apart in the same way. Each class has accounts of its own: a hospital's slides of last night are no reason
to let its surgeon wait.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from allward_engine.requests import Priority

FLOOR_SHARE: Mapping[Priority, float] = MappingProxyType(
    {Priority.HIGH: 0.05, Priority.MEDIUM: 0.05, Priority.LOW: 0.05}
)
"""Of a lane's time, what a class gets whatever is more urgent; STAT needs none. Source: ADR-0014."""


_Account = tuple[str, ...]
"""(tenant,) or (tenant, app); in the books, behind the name of the class."""


class Client(Protocol):
    """Whose work it is."""

    @property
    def tenant(self) -> str:
        """The hospital."""

    @property
    def app(self) -> str:
        """The clinical app inside it."""

    @property
    def priority(self) -> Priority:
        """The class it was sent with."""


class Shares:
    """The accounts of one device, in seconds; kept by whoever runs its units.

    Parameters
    ----------
    tenant_weights, app_weights
        A tenant, or a (tenant, app), of weight 2 gets twice the time of one of weight 1, the default.
    """

    def __init__(
        self,
        tenant_weights: Mapping[str, float] | None = None,
        app_weights: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        self._weights: dict[_Account, float] = {}
        self._weights.update({(tenant,): weight for tenant, weight in (tenant_weights or {}).items()})
        self._weights.update({(*account,): weight for account, weight in (app_weights or {}).items()})
        if any(weight <= 0.0 for weight in self._weights.values()):
            raise ValueError("a weight is larger than 0")
        self._virtual_s: dict[_Account, float] = {}
        self._owed_s: dict[Priority, float] = {}
        self._served_s: dict[tuple[str, Priority], float] = {}

    def arrive(self, client: Client, present: Iterable[Client]) -> None:
        """Note that work came, before it counts as present.

        Who had no work of that class starts level with the least served of those that have, or with the
        most served of all if nobody has: time that nobody asked for is neither saved up nor paid back.
        """
        others = [other for other in present if other.priority is client.priority]
        tenants: set[_Account] = {(other.tenant,) for other in others}
        apps: set[_Account] = {(other.tenant, other.app) for other in others if other.tenant == client.tenant}
        self._lift(client.priority, (client.tenant,), tenants)
        self._lift(client.priority, (client.tenant, client.app), apps)

    def charge(self, client: Client, took_s: float, counted_as: Priority | None = None) -> None:
        """Note device time that was spent for somebody, in the class that was counted as, else its own."""
        book = (counted_as or client.priority).value
        for account in ((client.tenant,), (client.tenant, client.app)):
            before_s = self._virtual_s.get((book, *account), 0.0)
            self._virtual_s[book, *account] = before_s + took_s / self.weight(*account)

    def note_unit(self, ran: Priority, took_s: float, waiting: Iterable[Priority]) -> None:
        """Note a unit's time for the classes: those that waited are owed their floor of it.

        Parameters
        ----------
        ran
            The class whose unit it was, as it was sent.
        waiting
            The classes that had work on the same lane meanwhile, the one that ran included if it had more.
        """
        backlog = set(waiting)
        for priority, share in FLOOR_SHARE.items():
            owed_s = self._owed_s.get(priority, 0.0) + share * took_s
            if priority is ran:
                owed_s -= took_s
            self._owed_s[priority] = max(0.0, owed_s) if priority in backlog else 0.0

    def note_served(self, client: Client, now_s: float) -> None:
        """Note that a tenant's work of a class had its turn, so that its waiting starts anew."""
        self._served_s[client.tenant, client.priority] = now_s

    def virtual_s(self, priority: Priority, *account: str) -> float:
        """Return the virtual time that a tenant, or a tenant's app, had in a class."""
        return self._virtual_s.get((priority.value, *account), 0.0)

    def weight(self, *account: str) -> float:
        """Return the weight of a tenant, or of a tenant's app."""
        return self._weights.get(account, 1.0)

    def owed_s(self, priority: Priority) -> float:
        """Return the device time that a class has waited for beyond its floor share."""
        return self._owed_s.get(priority, 0.0)

    def waits_since_s(self, client: Client, arrived_s: float) -> float:
        """Return since when work waits that came then: its tenant and class may have been served later."""
        return max(arrived_s, self._served_s.get((client.tenant, client.priority), arrived_s))

    def _lift(self, priority: Priority, account: _Account, active: set[_Account]) -> None:
        if account in active:
            return
        if active:
            level = min(self.virtual_s(priority, *other) for other in active)
        else:
            book = (priority.value, *account)
            siblings = (
                seconds
                for other, seconds in self._virtual_s.items()
                if len(other) == len(book) and other[:-1] == book[:-1]
            )
            level = max(siblings, default=0.0)
        self._virtual_s[priority.value, *account] = max(self.virtual_s(priority, *account), level)
