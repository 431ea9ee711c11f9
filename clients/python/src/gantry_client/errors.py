"""Everything that a call of this package raises.

All of them are a :class:`GantryError`. What the server refused is an :class:`APIError` with one of its stable codes
(``docs/errors.md``); what never came to an answer is a :class:`ConnectionFailedError`, a :class:`RequestTimeoutError` or a
:class:`StreamInterruptedError`.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional, Type


class GantryError(Exception):
    """The base of all errors of this package."""


class ConfigurationError(GantryError):
    """The address or the key of the server is missing or cannot be used. The message says which setting to change."""


class ConnectionFailedError(GantryError, ConnectionError):
    """No connection came about, or it was lost before the answer had come.

    ``sent`` says whether the server may have got the request, so that it may have been done.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class RequestTimeoutError(GantryError, TimeoutError):
    """The answer did not come within the time that the call has."""


class StreamInterruptedError(GantryError):
    """A stream ended before its end, or held what is no stream of events. What was read until then is good."""


class CancelledCallError(GantryError):
    """The call was ended by ``close``, or by the cancellation of its task."""


class APIError(GantryError):
    """The server answered with an error.

    ``status`` is the HTTP status (of an error within a stream that of the stream, 200), ``code`` a code that never changes its
    meaning, ``request_id`` the ``x-request-id`` of the answer, ``retry_after`` seconds, ``param`` the field that is wrong, and
    ``should_retry`` what the server says of the same request, sent again.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: Optional[str] = None,
        param: Optional[str] = None,
        request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
        should_retry: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.should_retry = should_retry

    def __str__(self) -> str:
        notes = [self.code or f"status {self.status}"]
        if self.request_id is not None:
            notes.append(f"request {self.request_id}")
        return f"{self.message} ({', '.join(notes)})"


class InvalidRequestError(APIError):
    """The request cannot be served as it is (400, 405, 413, 415, 501)."""


class AuthenticationError(APIError):
    """The key is missing, wrong, revoked or expired (401)."""


class PermissionDeniedError(APIError):
    """The key may not do this (403)."""


class NotFoundError(APIError):
    """There is no such thing, or the key may not see it (404)."""


class ConflictError(APIError):
    """It is taken, or in a state that does not allow this (409)."""


class RateLimitError(APIError):
    """Too much at present (429): ``retry_after`` says when to come again, where the server knows it."""


class BudgetExceededError(APIError):
    """A budget has no room for the request (429, ``budget_exceeded``)."""


class ServerError(APIError):
    """The server or what lies behind it failed (408, 5xx)."""


_BY_STATUS: Mapping[int, Type[APIError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServerError,
    409: ConflictError,
    429: RateLimitError,
    501: InvalidRequestError,
}
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


def to_api_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error of an answer. ``headers`` have lower-case names. A body that is none of the server's gives one by its status alone."""
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        parsed = None
    fields = parsed if isinstance(parsed, dict) else {}
    return _make_error(status, headers, fields, f"The server answered with status {status}: is it Gantry?")


def to_stream_error(fields: Dict[str, Any], headers: Mapping[str, str]) -> APIError:
    """The error that a stream told of after it had begun."""
    return _make_error(200, headers, fields, "The stream ended with an error.")


def _make_error(status: int, headers: Mapping[str, str], fields: Dict[str, Any], fallback: str) -> APIError:
    error = fields.get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    details = details if isinstance(details, dict) else {}
    # Where an address answers in Anthropic's shape, the code lies in the details.
    code = _text(details.get("error_code")) or _text(error.get("code"))
    told = headers.get("x-should-retry")
    return _class_of(status, code, _text(error.get("type")))(
        _text(error.get("message")) or _text(fields.get("detail")) or fallback,
        status=status,
        code=code,
        param=_text(error.get("param")),
        request_id=headers.get("x-request-id") or headers.get("request-id"),
        retry_after=_read_wait(headers),
        should_retry=told == "true" if told in ("true", "false") else status in _PASSING,
    )


def _class_of(status: int, code: Optional[str], kind: Optional[str]) -> Type[APIError]:
    if code == "budget_exceeded":
        return BudgetExceededError
    if status == 200:
        kinds = {"authentication_error": AuthenticationError, "rate_limit_error": RateLimitError}
        return kinds.get(kind or "", ServerError)
    return _BY_STATUS.get(status, ServerError if status >= 500 else InvalidRequestError)


def _read_wait(headers: Mapping[str, str]) -> Optional[float]:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _text(value: object) -> Optional[str]:
    return value if isinstance(value, str) and value != "" else None
