"""Every refusal has the same shape: a sentence in both languages, a code, the right status."""

import sys
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from allward.kernel.texts import Text
from allward_sdk.errors import BadInputError


class Refusal(exceptions.APIException):
    """A refusal with its own words."""

    def __init__(
        self,
        code: str,
        text: Text,
        *,
        status_code: int = status.HTTP_400_BAD_REQUEST,
        fields: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail=text.en, code=code)
        self.code = code
        self.text = text
        self.status_code = status_code
        self.more = {} if fields is None else {"fields": fields}


NOT_FOUND = Text("It does not exist, or you may not see it.", "不存在，或您无权查看。")
NO_CREDENTIALS = Text("Sign in first.", "请先登录。")
WRONG_CREDENTIALS = Text("User name, password or token is wrong.", "用户名、密码或令牌错误。")
LOCKED = Text("Too many wrong passwords; wait ten minutes.", "密码错误次数过多，请十分钟后再试。")
NOT_ALLOWED = Text("Your role does not allow this.", "您的角色无权进行此操作。")
STALE_PAGE = Text("This page is out of date. Load it again.", "页面已过期，请刷新后重试。")
DATABASE_AWAY = Text(
    "The database cannot be reached just now; nothing that was received is lost. Try again in a moment.",
    "暂时无法连接数据库；已接收的数据不会丢失，请稍后再试。",
)

_WORDS: dict[str, Text] = {
    "not_authenticated": NO_CREDENTIALS,
    "authentication_failed": WRONG_CREDENTIALS,
    "permission_denied": NOT_ALLOWED,
    "not_found": NOT_FOUND,
    "method_not_allowed": Text("This method is not allowed here.", "此处不允许该方法。"),
    "parse_error": Text("The request body is not valid JSON.", "请求内容不是有效的 JSON。"),
    "not_acceptable": Text("It cannot be sent in the form that is asked for.", "无法以所请求的格式发送。"),
    "unsupported_media_type": Text("This content type is not accepted.", "不接受该内容类型。"),
    "invalid": Text("The request is not valid.", "请求无效。"),
    "error": Text("Allward made a mistake; it has been written down.", "系统内部错误，已记录。"),
}


def _body(code: str, text: Text, **more: Any) -> dict[str, Any]:
    return {"code": code, "detail": text.to_json(), **more}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a response; None lets it rise as the bug that it is."""
    if isinstance(error, Refusal):
        return _answer(error.status_code, _body(error.code, error.text, **error.more))
    if isinstance(error, Http404):
        return Response(_body("not_found", NOT_FOUND), status=404)
    if isinstance(error, PermissionDenied):
        return Response(_body("permission_denied", _WORDS["permission_denied"]), status=403)
    if isinstance(error, BadInputError):
        return Response(_body("bad_input", Text(str(error), f"请求内容有误：{error}")), status=400)
    if isinstance(error, exceptions.APIException):
        code = getattr(error, "default_code", "invalid")
        text = _WORDS.get(code, Text(str(error.detail), str(error.detail)))
        fields = error.detail if isinstance(error, exceptions.ValidationError) else None
        more = {"fields": fields} if fields is not None else {}
        return _answer(error.status_code, _body(code, text, **more))
    return None


def _answer(status_code: int, body: dict[str, Any]) -> Response:
    """Make the response; a 401 names a way to sign in (RFC 9110 15.5.2), one that opens no dialogue."""
    headers = {"WWW-Authenticate": 'Bearer realm="Allward"'} if status_code == 401 else None
    return Response(body, status=status_code, headers=headers)


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    """Say that the page is out of date: its anti-forgery token does not fit the session."""
    return JsonResponse(_body("csrf", STALE_PAGE), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer what Django itself finds wrong with a request."""
    return JsonResponse(_body("invalid", _WORDS["invalid"]), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer what Django itself forbids."""
    return JsonResponse(_body("permission_denied", NOT_ALLOWED), status=403)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer an address that does not exist."""
    return JsonResponse(_body("not_found", NOT_FOUND), status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer for a database that is away, or for a bug of ours; the log has either."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return JsonResponse(_body("unavailable", DATABASE_AWAY), status=503, headers={"Retry-After": "2"})
    return JsonResponse(_body("error", _WORDS["error"]), status=500)
