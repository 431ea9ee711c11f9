"""One HTTP request and its answer, on a connection of its own."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from types import TracebackType
from typing import Dict, Iterator, Mapping, NoReturn, Optional, Type

from .cancellation import Cancellation
from .errors import ConnectionFailedError, GantryError, RequestTimeoutError
from .settings import Server

CONNECT_SECONDS = 30.0
_PIECE = 64 * 1024


class Exchange:
    """Sends a request and reads the head of the answer; the body is read by :meth:`read` or :meth:`pieces`.

    ``timeout`` is in seconds: how long the server may be silent. Redirects are not followed, since they would carry the key to an
    address that nobody named. All methods raise errors of this package alone.
    """

    def __init__(
        self,
        server: Server,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Optional[bytes],
        timeout: float,
        cancellation: Cancellation,
    ) -> None:
        self._server = server
        self._timeout = timeout
        self._cancellation = cancellation
        self._deadline: Optional[float] = None
        self._sent = False
        self._socket: Optional[socket.socket] = None
        self._response: Optional[http.client.HTTPResponse] = None
        self._connection = _open(server, min(timeout, CONNECT_SECONDS))
        try:
            self._begin(method, server.prefix + target, headers, body)
        except BaseException as error:
            self.close()
            self._fail(error)

    def _begin(self, method: str, target: str, headers: Mapping[str, str], body: Optional[bytes]) -> None:
        self._cancellation.check()
        self._connection.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(self._timeout)
        self._cancellation.attach(self._socket)
        self._sent = True
        self._connection.request(method, target, body=body, headers=dict(headers))
        self._response = self._connection.getresponse()
        self.status: int = self._response.status
        self.headers: Dict[str, str] = {name.lower(): value for name, value in self._response.getheaders()}
        # Counted here: not every release of Python does it for a body that is read piece by piece.
        self._left = self._response.length

    def limit(self, seconds: float) -> None:
        """The whole body has to come within this time."""
        self._deadline = time.monotonic() + seconds

    def read(self) -> bytes:
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes. Raises where it is cut off."""
        response = self._response
        while response is not None and self._left != 0:
            try:
                self._bound_silence()
                piece = response.read1(_PIECE if self._left is None else min(_PIECE, self._left))
                if piece == b"" and self._left is not None:
                    raise http.client.IncompleteRead(b"", self._left)
            except Exception as error:
                self._fail(error)
            if piece == b"":
                # A connection that was shut from here ends like one that the server has ended.
                self._cancellation.check()
                return
            if self._left is not None:
                self._left -= len(piece)
            yield piece

    def _bound_silence(self) -> None:
        if self._deadline is None or self._socket is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout()
        self._socket.settimeout(min(left, self._timeout))

    def close(self) -> None:
        """Closes the connection. May be called twice."""
        if self._socket is not None:
            self._cancellation.detach(self._socket)
        if self._response is not None:
            self._response.close()
        self._connection.close()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _fail(self, error: BaseException) -> NoReturn:
        """Raises the error of this package that tells of it; bugs and interrupts as they are."""
        self._cancellation.check()
        if isinstance(error, GantryError) or not isinstance(error, (OSError, http.client.HTTPException, ValueError)):
            raise error
        raise _to_error(error, self._server.url, self._sent, self._timeout) from error


def _to_error(error: Exception, url: str, sent: bool, timeout: float) -> GantryError:
    if isinstance(error, socket.timeout):
        if sent:
            return RequestTimeoutError(f"{url} did not answer in time ({timeout:g} s)")
        return ConnectionFailedError(f"{url} does not take connections in time", sent=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailedError(f"the certificate of {url} is not trusted: {error.verify_message}", sent=False)
    if isinstance(error, ConnectionRefusedError):
        advice = 'start it with "gantry serve", or name another'
        return ConnectionFailedError(f"no server listens at {url}; {advice}", sent=False)
    if not sent:
        return ConnectionFailedError(f"{url} cannot be reached: {error}", sent=False)
    return ConnectionFailedError(f"{url} cut the connection ({type(error).__name__})", sent=True)


def _open(server: Server, timeout: float) -> http.client.HTTPConnection:
    if server.scheme == "https":
        return http.client.HTTPSConnection(server.host, server.port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(server.host, server.port, timeout=timeout)
