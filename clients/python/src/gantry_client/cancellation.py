"""Ending a call from outside: from another thread, or from an event loop."""

from __future__ import annotations

import socket
import threading
from contextvars import ContextVar
from typing import Optional, Set

from .errors import CancelledCallError


class Cancellation:
    """Belongs to one call or one stream, which may open several connections.

    :meth:`cancel` may be called from any thread, and more than once. It shuts them, so that the server stops what it
    does for it, and wakes whoever waits between two tries.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: Set[socket.socket] = set()
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled.set()
            for opened in self._sockets:
                _shut(opened)

    def attach(self, opened: socket.socket) -> None:
        """From now on `cancel` shuts this connection. Raises where the call was cancelled before."""
        with self._lock:
            self._sockets.add(opened)
        self.check()

    def detach(self, closing: socket.socket) -> None:
        """The connection is about to be closed: its number may belong to another one from then on."""
        with self._lock:
            self._sockets.discard(closing)

    def check(self) -> None:
        if self.cancelled:
            raise CancelledCallError("The call was cancelled.")

    def wait(self, seconds: float) -> None:
        """Waits so long, or until the cancellation, which raises."""
        self._cancelled.wait(seconds)
        self.check()


#: What ends the call that this thread makes; an asynchronous client sets it.
current_cancellation: ContextVar[Optional[Cancellation]] = ContextVar("current_cancellation", default=None)


def _shut(opened: socket.socket) -> None:
    try:
        # Of the plain socket also below TLS, whose own farewell would wait for the thread that reads.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
    except OSError:
        pass
