"""A package that is sent as the body of a request: written to a file as it comes, never held in memory."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from allward.api.errors import Refusal
from allward.kernel.texts import Text
from allward_sdk.package import MAX_PACKAGE_BYTES

_CHUNK_BYTES = 1 << 20
_TOO_LARGE = Text(
    f"The package is larger than {MAX_PACKAGE_BYTES >> 30} GiB.",
    f"插件包超过 {MAX_PACKAGE_BYTES >> 30} GiB。",
)


class PackageParser(BaseParser):
    """Leaves the body a stream."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        """Return the stream itself."""
        return {"stream": stream}


def _stream_of(request: Request) -> IO[bytes]:
    data = request.data
    stream: IO[bytes] = data["stream"] if isinstance(data, dict) and "stream" in data else io.BytesIO()
    return stream


@contextmanager
def received_package(request: Request) -> Iterator[Path]:
    """Write the body of a request to a file beside the storage; it is gone after the block.

    Raises
    ------
    Refusal
        413, if it is larger than a package may be.
    """
    folder = settings.ALLWARD.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "upload.allward"
        size, stream = 0, _stream_of(request)
        with path.open("wb") as file:
            while chunk := stream.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > MAX_PACKAGE_BYTES:
                    raise Refusal(
                        "too_large", _TOO_LARGE, status_code=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
                    )
                file.write(chunk)
        yield path
