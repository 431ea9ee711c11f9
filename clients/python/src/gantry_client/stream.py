"""What comes piece by piece: an iterator that can be closed from anywhere."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Callable, Generic, Iterator, Optional, Type, TypeVar

from .cancellation import Cancellation, current_cancellation
from .errors import CancelledCallError

Item = TypeVar("Item")


class Stream(Generic[Item]):
    """An iterator over pieces as they come. Nothing is sent before the first is asked for.

    A stream that is left early is closed by :meth:`close`, at the end of a ``with`` block, or when nothing refers to it any more; an
    answer that is still being made is stopped by that. Iterating raises the errors of this package.
    """

    def __init__(self, begin: Callable[[Cancellation], Iterator[Item]]) -> None:
        self.cancellation = Cancellation()
        self._items = begin(self.cancellation)
        self._reading = threading.Lock()

    def __iter__(self) -> Stream[Item]:
        return self

    def __next__(self) -> Item:
        with self._reading:
            # The calls that are made on the way end with the stream as well.
            outer = current_cancellation.set(self.cancellation)
            try:
                return next(self._items)
            except CancelledCallError:
                # Whoever closes a stream knows that it has ended.
                raise StopIteration from None
            finally:
                current_cancellation.reset(outer)

    def abort(self) -> None:
        """Ends the stream at once, from any thread, without waiting for whoever reads it."""
        self.cancellation.cancel()

    def close(self) -> None:
        """Ends the stream and closes its connection. May be called twice, and from any thread."""
        self.abort()
        with self._reading:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()

    def __enter__(self) -> Stream[Item]:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()
