"""One request on its way to a handler, and how a handler refuses it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from allward.kernel.texts import Text
from allward.tenancy.scope import Scope

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """An authenticated request.

    Attributes
    ----------
    scope, receive, send
        As ASGI gives them.
    tenant_scope
        Whose data the caller may see.
    params
        What the path names: `study`, `series`, `instance`, `frames`, `path`, `tenant_code`.
    query
        Values of each query parameter, decoded.
    """

    scope: Mapping[str, Any]
    receive: Receive
    send: Send
    tenant_scope: Scope
    params: Mapping[str, str]
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Return a header's value, empty if it was not sent."""
        wanted = name.lower().encode()
        values = (value for key, value in self.scope.get("headers", ()) if key.lower() == wanted)
        return ", ".join(value.decode("latin-1") for value in values)

    @property
    def base_url(self) -> str:
        """Where this hospital's DICOMweb begins, as the caller reaches it: for URLs in answers."""
        scheme = self.scope.get("scheme", "http")
        host = self.header("host") or "localhost"
        hospital = self.params.get("tenant_code")
        return f"{scheme}://{host}/dicom-web" + (f"/hospitals/{hospital}" if hospital else "")


Handler = Callable[[Request], Awaitable[None]]


class RefusedError(Exception):
    """A request that is not answered, and why, in both languages."""

    def __init__(self, status: int, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.status = status
        self.code = code
        self.text = text


def not_found() -> RefusedError:
    """Say the same whether it is not there or may not be seen."""
    return RefusedError(
        404, "not_found", Text("It does not exist, or you may not see it.", "不存在，或您无权查看。")
    )


def not_acceptable() -> RefusedError:
    """Say that none of the accepted media types can be made."""
    return RefusedError(
        406,
        "not_acceptable",
        Text("It cannot be sent in any of the accepted forms.", "无法以所接受的任何格式发送。"),
    )


def bad_parameter(name: str) -> RefusedError:
    """Say which query parameter cannot be read."""
    return RefusedError(
        400,
        "bad_parameter",
        Text(f'The query parameter "{name}" cannot be read.', f"查询参数“{name}”无法识别。"),
    )
