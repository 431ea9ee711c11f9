"""Requests with the key, tried again as the server says."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any, Callable, Dict, Mapping, Optional, TypeVar, Union
from urllib.parse import urlencode

from .cancellation import Cancellation, current_cancellation
from .errors import APIError, ConnectionFailedError, GantryError, to_api_error
from .exchange import Exchange
from .settings import Server

Query = Mapping[str, Union[str, int, bool, None]]
Result = TypeVar("Result")

#: A longer wait than this is for the caller to decide.
LONGEST_WAIT_SECONDS = 60.0


class Transport:
    """``timeout`` is in seconds: of a whole answer, and of the silence of a stream. ``max_retries`` counts the tries behind the first."""

    def __init__(self, server: Server, timeout: float, max_retries: int) -> None:
        self.server = server
        self.timeout = timeout
        self.max_retries = max_retries

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Optional[Mapping[str, Any]] = None,
        query: Optional[Query] = None,
        timeout: Optional[float] = None,
        once_key: bool = False,
    ) -> Any:
        """The JSON of an answer. ``once_key``: the address takes an ``Idempotency-Key``, so that it is done once however often it is sent."""
        content = self.fetch(method, path, body=body, query=query, timeout=timeout, once_key=once_key)
        try:
            return json.loads(content) if content else None
        except (ValueError, RecursionError) as error:
            raise GantryError(f"The answer of {self.server.url} is no JSON: is it Gantry?") from error

    def fetch(
        self,
        method: str,
        path: str,
        *,
        body: Optional[Mapping[str, Any]] = None,
        query: Optional[Query] = None,
        timeout: Optional[float] = None,
        once_key: bool = False,
    ) -> bytes:
        """The bytes of an answer."""
        seconds = self.timeout if timeout is None else timeout
        headers = {"idempotency-key": f"py_{uuid.uuid4().hex}"} if once_key else {}
        cancellation = current_cancellation.get() or Cancellation()

        def attempt() -> bytes:
            with self.open(method, path, cancellation, body=body, query=query, headers=headers, timeout=seconds) as exchange:
                exchange.limit(seconds)
                return exchange.read()

        return self.retry(attempt, cancellation, repeatable=once_key or method == "GET")

    def open(
        self,
        method: str,
        path: str,
        cancellation: Cancellation,
        *,
        body: Optional[Mapping[str, Any]] = None,
        query: Optional[Query] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
    ) -> Exchange:
        """An answer whose head has come, and is not an error's. Whoever asked for it closes it. One try."""
        content = None if body is None else json.dumps(body).encode()
        sent: Dict[str, str] = {
            "authorization": f"Bearer {self.server.api_key}",
            "connection": "close",
            "user-agent": "gantry-client-python",
            **({} if content is None else {"content-type": "application/json"}),
            **(headers or {}),
        }
        seconds = self.timeout if timeout is None else timeout
        exchange = Exchange(self.server, method, _to_target(path, query), sent, content, seconds, cancellation)
        if 200 <= exchange.status < 300:
            return exchange
        with exchange:
            exchange.limit(seconds)
            raise to_api_error(exchange.status, exchange.headers, exchange.read())

    def retry(self, attempt: Callable[[], Result], cancellation: Cancellation, *, repeatable: bool) -> Result:
        """Tries again what the server says may succeed, what has not reached it, and what may reach it twice (``repeatable``)."""
        tries = 0
        while True:
            try:
                return attempt()
            except (APIError, ConnectionFailedError) as error:
                again = error.should_retry if isinstance(error, APIError) else repeatable or not error.sent
                pause = pause_before(tries, error)
                if not again or tries >= self.max_retries or pause > LONGEST_WAIT_SECONDS:
                    raise
            tries += 1
            cancellation.wait(pause)


def pause_before(tries: int, error: GantryError) -> float:
    """Seconds: what the server says, or half a second, doubled each time up to eight, and spread over many clients."""
    if isinstance(error, APIError) and error.retry_after is not None:
        return error.retry_after
    return min(0.5 * 2.0**tries, 8.0) * random.uniform(0.75, 1.25)


def _to_target(path: str, query: Optional[Query]) -> str:
    given = {name: _to_query_value(value) for name, value in (query or {}).items() if value is not None}
    return path if not given else f"{path}?{urlencode(given)}"


def _to_query_value(value: Union[str, int, bool]) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
