"""Tiles of a slide as the engine takes them: a stack at a time, so that any slide passes in pieces.

The engine opens no slides. Whoever does sends stack after stack under one job; each is answered by itself,
and `tile_stream` puts the answers together. Between two stacks the device is free for others, and a stack
that was lost with its engine is sent again alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from allward_engine.requests import Priority, SegmentRequest, seconds_or_none
from allward_sdk.errors import BadInputError, ManifestError
from allward_sdk.manifest import Manifest

Tiles = npt.NDArray[np.uint8]
"""Shape (n, rows, columns, 3): red, green, blue."""


@dataclass(frozen=True, slots=True)
class TileRequest:
    """One plug-in on a stack of tiles; the tiles themselves travel beside it.

    Attributes
    ----------
    mpp
        Micrometres of tissue per pixel of the tiles.
    level
        Level of the slide that they were read from; told on, not used.
    corners_px
        Row and column of each tile's first pixel on that level, in the order of the stack.
    """

    job_id: str
    tenant: str
    manifest: Manifest
    mpp: float
    corners_px: tuple[tuple[int, int], ...]
    level: int = 0
    priority: Priority = Priority.MEDIUM
    app: str = ""
    input_digest: str = ""
    due_in_s: float | None = None

    def place_json(self) -> dict[str, Any]:
        """Return where the tiles lie; see `SegmentRequest.place_json`."""
        return {"mpp": self.mpp, "level": self.level, "corners_px": [list(c) for c in self.corners_px]}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that travels on the socket."""
        return {
            "job_id": self.job_id,
            "tenant": self.tenant,
            "app": self.app,
            "input_digest": self.input_digest,
            "priority": self.priority.value,
            "due_in_s": self.due_in_s,
            "manifest": self.manifest.model_dump(mode="json"),
            "tiles": self.place_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TileRequest":
        """Read what `to_json` wrote.

        Raises
        ------
        ManifestError
            If the manifest breaks the contract.
        BadInputError
            If another field is not what it should be.
        """
        try:
            tiles = data["tiles"]
            return cls(
                job_id=str(data["job_id"]),
                tenant=str(data["tenant"]),
                manifest=Manifest.model_validate(data["manifest"]),
                mpp=float(tiles["mpp"]),
                corners_px=tuple((int(row), int(column)) for row, column in tiles["corners_px"]),
                level=int(tiles["level"]),
                priority=Priority(data["priority"]),
                due_in_s=seconds_or_none(data.get("due_in_s")),
                app=str(data.get("app", "")),
                input_digest=str(data.get("input_digest", "")),
            )
        except ValidationError as error:
            raise ManifestError(f"The manifest breaks the contract: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(f"The request to the engine is not well formed: {error!r}") from error


AnyRequest = SegmentRequest | TileRequest
"""What the engine can be asked: a plug-in on a volume, or on a stack of tiles."""


def request_from_json(data: Mapping[str, Any]) -> AnyRequest:
    """Read a request of either kind; raises as `SegmentRequest.from_json`."""
    return TileRequest.from_json(data) if "tiles" in data else SegmentRequest.from_json(dict(data))
