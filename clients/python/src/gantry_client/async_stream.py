"""What comes piece by piece, for programs with an event loop."""

from __future__ import annotations

from types import TracebackType
from typing import Generic, Optional, Type, TypeVar

from .cancellation import Cancellation
from .stream import Stream
from .worker import Worker

Item = TypeVar("Item")


class AsyncStream(Generic[Item]):
    """An asynchronous iterator. It is closed by :meth:`aclose`, at the end of an ``async with`` block, by the cancellation of the task
    that waits for its next piece, or when nothing refers to it any more."""

    def __init__(self, stream: Stream[Item], worker: Worker) -> None:
        self._stream = stream
        self._worker = worker

    def __aiter__(self) -> AsyncStream[Item]:
        return self

    async def __anext__(self) -> Item:
        return await self._worker.run(self._stream.__next__, self._stream.cancellation)

    async def aclose(self) -> None:
        """Ends the stream and closes its connection. May be called twice."""
        self._stream.abort()
        await self._worker.run(self._stream.close, Cancellation())

    async def __aenter__(self) -> AsyncStream[Item]:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.aclose()
