"""The shape of events and steps; which event starts which step stands in `allward/pipeline.py`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, Self, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is now true, in the past tense; it carries ids only."""

    def to_payload(self) -> dict[str, str]:
        """Return the JSON form that the outbox stores."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_payload(cls, payload: dict[str, str]) -> Self:
        """Read what `to_payload` wrote."""
        return cls(**{field.name: UUID(payload[field.name]) for field in fields(cls)})


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Step(Generic[E]):
    """One arrow of the flow: when `on` has been committed, `do` runs, at least once.

    `do` is idempotent: its effect and the note that it was done commit together, but a process may
    die in between and the step is then run again.

    A step that is `alone` waits for somebody outside (a PACS) and so runs in no transaction of the
    outbox's: it opens short ones of its own, and must bear being run twice at the same time.

    A step that is `slow` may take minutes and no image waits for it, or it waits for a machine that may keep
    it waiting (a RIS): a worker of its own runs it.
    """

    on: type[E]
    do: Callable[[E], Any]
    alone: bool = False
    slow: bool = False

    @property
    def name(self) -> str:
        """The step's name in the outbox: the function's module below `allward` and its name."""
        module = self.do.__module__.removeprefix("allward.")
        return f"{module}.{self.do.__name__}"
