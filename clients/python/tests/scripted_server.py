"""A server that says byte for byte what a test wants."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Callable, Dict, List, Optional, Type, Union

#: What is done with a connection behind its request: bytes are sent, and the connection is closed.
Answer = Union[bytes, Callable[[socket.socket], None]]


class Request:
    def __init__(self, text: str) -> None:
        head, _, self.body = text.partition("\r\n\r\n")
        self.line, *lines = head.split("\r\n")
        self.headers: Dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()


class ScriptedServer:
    """Gives the answers in their order, one a connection; the last one for all that follow."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: List[Request] = []
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(120)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        try:
            # Wakes the accept, which a close alone does not on every system.
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join(60)
        if self._thread.is_alive():
            raise AssertionError("the scripted server did not end")

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(60)
                self.requests.append(_read_request(connection))
                answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
                try:
                    if isinstance(answer, bytes):
                        connection.sendall(answer)
                    else:
                        answer(connection)
                except OSError:
                    pass


def _read_request(connection: socket.socket) -> Request:
    text = b""
    while b"\r\n\r\n" not in text:
        piece = connection.recv(65536)
        if piece == b"":
            return Request(text.decode())
        text += piece
    request = Request(text.decode())
    missing = int(request.headers.get("content-length", "0")) - len(request.body.encode())
    while missing > 0:
        piece = connection.recv(missing)
        if piece == b"":
            break
        request.body += piece.decode()
        missing -= len(piece)
    return request


def reply(status: int, body: str, *headers: str) -> bytes:
    content = body.encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def stream_head(*headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "content-type: text/event-stream", *headers]).encode() + b"\r\n\r\n"


def event(name: str, data: str, id: Optional[int] = None) -> bytes:
    place = "" if id is None else f"id: {id}\n"
    return f"event: {name}\n{place}data: {data}\n\n".encode()


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def until_left(connection: socket.socket) -> None:
    """Blocks until the client closes its side."""
    while connection.recv(4096) != b"":
        pass
