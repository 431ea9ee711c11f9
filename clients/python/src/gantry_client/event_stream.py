"""Server-sent events, taken out of the bytes of an answer."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, List, Optional

from .errors import StreamInterruptedError

#: Longest line and longest event, in characters; what is longer is no stream of this server.
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class ServerEvent:
    """An event of a stream: its name (empty where it has none), its ``id`` as the place to come back to, and its data."""

    name: str
    id: Optional[str]
    data: str

    def fields(self) -> Dict[str, Any]:
        """The data as a JSON object. Raises :class:`StreamInterruptedError` where it is none."""
        try:
            value: Any = json.loads(self.data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise StreamInterruptedError(f"The stream holds an event that is no JSON object: {self.data[:80]!r}")
        return value


def read_events(pieces: Iterable[bytes]) -> Iterator[ServerEvent]:
    """Whole events only: one that the end of the bytes cuts off is left out, as the standard says. Comments are skipped."""
    name, identity, data, size = "", None, [], 0
    for line in _read_lines(pieces):
        if line == "":
            if data:
                yield ServerEvent(name, identity, "\n".join(data))
            name, identity, data, size = "", None, [], 0
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            identity = value
        elif field == "data":
            size += len(value)
            _bound(size)
            data.append(value)


def _read_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines end with LF, CR or both; a line or a character may lie in several pieces."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    begun: List[str] = []
    length = 0
    after_return = False
    for piece in pieces:
        text = decoder.decode(piece)
        if text == "":
            continue
        if after_return and text.startswith("\n"):
            text = text[1:]
        after_return = piece.endswith(b"\r")
        *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in whole:
            begun.append(line)
            yield "".join(begun)
            begun, length = [], 0
        length += len(rest)
        _bound(length)
        begun.append(rest)


def _bound(length: int) -> None:
    if length > LONGEST:
        raise StreamInterruptedError(f"The stream holds an event of more than {LONGEST} characters.")
