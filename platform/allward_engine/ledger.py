"""Who holds how many bytes of one device, so that nothing is loaded that does not fit.

Free bytes are capacity less reservations and never anything else: taking the absolute value of that
difference, as other schedulers do, turns an overdrawn device into one with room. Here it cannot be
overdrawn, because a reservation that does not fit changes nothing. A ledger belongs to one thread, or
to whoever holds its owner's lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class Entries:
    """Reservations under one capacity; what a ledger and a transaction on it have in common."""

    def __init__(self, capacity_bytes: int, held: dict[str, int] | None = None) -> None:
        if capacity_bytes < 0:
            raise ValueError(f"a device cannot hold {capacity_bytes} bytes")
        self.capacity_bytes = capacity_bytes
        self._held = dict(held or {})

    @property
    def reserved_bytes(self) -> int:
        """Sum of all reservations, at most the capacity."""
        return sum(self._held.values())

    @property
    def free_bytes(self) -> int:
        """What can still be reserved, never negative."""
        return self.capacity_bytes - self.reserved_bytes

    def held(self) -> dict[str, int]:
        """Return a copy of all reservations: key -> bytes, oldest first."""
        return dict(self._held)

    def reserve(self, key: str, size_bytes: int) -> bool:
        """Reserve bytes under a key; False, and nothing changed, if they do not fit.

        Raises
        ------
        ValueError
            If the key is held already, or the size is negative.
        """
        if key in self._held:
            raise ValueError(f"{key} is reserved already")
        return self._set(key, size_bytes)

    def resize(self, key: str, size_bytes: int) -> bool:
        """Give a reservation another size; False, and nothing changed, if that does not fit.

        Raises
        ------
        KeyError
            If the key is not held.
        """
        self._size(key)
        return self._set(key, size_bytes)

    def release(self, key: str) -> None:
        """Give a reservation back.

        Raises
        ------
        KeyError
            If the key is not held: it would be given back twice.
        """
        self._size(key)
        del self._held[key]

    def _size(self, key: str) -> int:
        if key not in self._held:
            raise KeyError(f"{key} is not reserved")
        return self._held[key]

    def _set(self, key: str, size_bytes: int) -> bool:
        if size_bytes < 0:
            raise ValueError(f"{key} cannot take {size_bytes} bytes")
        if size_bytes - self._held.get(key, 0) > self.free_bytes:
            return False
        self._held[key] = size_bytes
        return True


class Transaction(Entries):
    """Changes to a ledger that come true together at the end of the block, or not at all.

    Attributes
    ----------
    failed
        Whether something did not fit or `abandon` was called, so that nothing will change.
    """

    failed = False

    def abandon(self) -> None:
        """Let nothing of this transaction come true."""
        self.failed = True

    def _set(self, key: str, size_bytes: int) -> bool:
        fits = super()._set(key, size_bytes)
        self.failed = self.failed or not fits
        return fits


class Ledger(Entries):
    """The reservations of one device.

    Parameters
    ----------
    capacity_bytes
        All that may ever be reserved together; what the system needs for itself is taken off before.
    """

    def __init__(self, capacity_bytes: int) -> None:
        super().__init__(capacity_bytes)
        self._open = False

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Change several reservations at once: all come true, or none.

        None does if one of them does not fit, whatever the block makes of the False it gets, or if the
        block raises. Whether it came true is told by `failed`, after the block. Releases count within
        the block, so that victims and what takes their place are one change.

        Raises
        ------
        RuntimeError
            If another transaction is open, or the ledger changed while this one was.
        """
        if self._open:
            raise RuntimeError("a ledger has one transaction at a time")
        before = self.held()
        staged = Transaction(self.capacity_bytes, before)
        self._open = True
        try:
            yield staged
        finally:
            self._open = False
        if staged.failed:
            return
        if self._held != before:
            raise RuntimeError("the ledger changed beside its open transaction")
        self._held = staged.held()
