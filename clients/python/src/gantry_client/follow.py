"""A log that is read as it grows, over as many connections as it takes."""

from __future__ import annotations

import time
from typing import Callable, Iterator, Optional

from .cancellation import Cancellation
from .errors import APIError, ConnectionFailedError, GantryError, RequestTimeoutError, StreamInterruptedError, to_stream_error
from .event_stream import ServerEvent, read_events
from .transport import Query, Transport, pause_before

#: The server says something at least every 15 seconds; a connection that is silent for longer is lost.
SILENCE_SECONDS = 60.0
#: A connection that lived for so long was a good one.
GOOD_SECONDS = 30.0
#: Codes of cuts within a stream that a reader mends by coming back.
_PASSING_CUTS = frozenset({"slow_reader", "store_unavailable"})


def follow(
    transport: Transport,
    path: str,
    cancellation: Cancellation,
    *,
    after: Optional[int],
    is_over: Callable[[], bool],
    query: Optional[Query] = None,
) -> Iterator[ServerEvent]:
    """Events behind the place ``after``, each once, until the server ends the stream and ``is_over`` says that this was the end.

    A connection that is lost is made again, from the last place that was read; where ``max_retries`` tries one after the other bring
    nothing new, the error of the last is raised.
    """
    place = None if after is None else str(after)
    fruitless = 0
    while True:
        begun, lost = time.monotonic(), None
        headers = {} if place is None else {"last-event-id": place}
        silence = min(SILENCE_SECONDS, transport.timeout)
        try:
            with transport.open("GET", path, cancellation, query=query, headers=headers, timeout=silence) as exchange:
                for event in read_events(exchange.pieces()):
                    if event.name == "error":
                        raise to_stream_error(event.fields(), exchange.headers)
                    if event.id is not None and event.id != place:
                        place, fruitless = event.id, 0
                    yield event
            if is_over():
                return
            lost = StreamInterruptedError(f"{transport.server.url} ended a stream before its end.")
        except GantryError as error:
            if not _may_pass(error):
                raise
            lost = error
        if time.monotonic() - begun > GOOD_SECONDS:
            fruitless = 0
        if fruitless >= transport.max_retries:
            raise lost
        cancellation.wait(pause_before(fruitless, lost))
        fruitless += 1


def _may_pass(error: GantryError) -> bool:
    if isinstance(error, APIError):
        return error.code in _PASSING_CUTS if error.status == 200 else error.should_retry
    return isinstance(error, (ConnectionFailedError, RequestTimeoutError, StreamInterruptedError))
