"""Conversations with an agent that works."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union
from urllib.parse import quote

from .cancellation import Cancellation
from .errors import GantryError
from .follow import follow
from .interactions import ApprovalCallback, Approver
from .session_events import NOTICES, SessionEvent, SessionIdle, SessionRunning, to_session_event
from .stream import Stream
from .transport import Transport

#: A text, or the blocks of a message in the wire's own shape.
MessageInput = Union[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Session:
    """A session as it was when the server told of it. ``status`` is ``idle``, ``running``, ``rescheduling`` or ``terminated``."""

    id: str
    status: str
    title: Optional[str]
    last_sequence: int
    open_interactions: int
    raw: Dict[str, Any] = field(repr=False)


class Sessions:
    """The key needs the scope ``sessions``; to answer what an agent asks, ``approve`` as well."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_agent(self, name: str, *, model: str = "sonnet", **fields: Any) -> str:
        """Makes an agent and gives its id. ``fields`` are those of ``POST /v1/agents``: ``system``, ``tools``, ``mcp_servers``, …"""
        return self._make("agents", {"name": name, "model": model, **fields})["id"]

    def create_environment(self, name: str, **fields: Any) -> str:
        """Makes an environment and gives its id. Without a ``config`` its sessions reach no host."""
        return self._make("environments", {"name": name, **fields})["id"]

    def create(self, agent: Union[str, Mapping[str, Any]], environment_id: str, **fields: Any) -> Session:
        """Begins a session. ``fields`` are those of ``POST /v1/sessions``: ``title``, ``resources``, ``budget``, ``gantry``, …"""
        return _to_session(self._make("sessions", {"agent": agent, "environment_id": environment_id, **fields}))

    def get(self, session_id: str) -> Session:
        return _to_session(self._transport.call("GET", _path(session_id)))

    def send(self, session_id: str, message: MessageInput) -> SessionEvent:
        """Says something to the agent: gives the event as it is stored. Where a turn runs, the message waits for the next."""
        return self._send(session_id, {"type": "user.message", "content": _to_content(message)})

    def interrupt(self, session_id: str) -> SessionEvent:
        """Ends the turn that runs."""
        return self._send(session_id, {"type": "user.interrupt"})

    def send_tool_result(self, session_id: str, tool_use_id: str, text: str, *, is_error: bool = False) -> SessionEvent:
        """What a tool of the client's own gave (``agent.custom_tool_use``)."""
        content = [{"type": "text", "text": text}]
        return self._send(
            session_id,
            {"type": "user.custom_tool_result", "custom_tool_use_id": tool_use_id, "content": content, "is_error": is_error},
        )

    def events(self, session_id: str, *, after: int = 0, previews: bool = False) -> Stream[SessionEvent]:
        """The events behind a place of the log, what has been and what comes, until the session is deleted or the stream closed.

        ``previews`` brings the agent's text as it is written (:class:`TextDelta`). A lost connection is made again by itself,
        and no stored event is told twice or left out.
        """
        return Stream(lambda cancellation: self._read(session_id, after, previews, cancellation))

    def ask(
        self,
        session_id: str,
        message: MessageInput,
        *,
        on_approval: Optional[ApprovalCallback] = None,
        previews: bool = False,
    ) -> Stream[SessionEvent]:
        """Says something, and gives the events of the turn that it begins until that turn is through.

        ``on_approval`` is called about what the agent asks on its way. Without it the turn waits for somebody else's answer.
        """
        return Stream(lambda cancellation: self._ask(session_id, message, on_approval, previews, cancellation))

    def list_events(self, session_id: str, *, after: int = 0) -> List[SessionEvent]:
        """What the log holds behind a place, up to a page of 1,000."""
        page = self._transport.call("GET", f"{_path(session_id)}/events", query={"after": after, "limit": 1000})
        return [to_session_event(fields) for fields in page["data"]]

    def archive(self, session_id: str) -> Session:
        """From then on it can be read, and no more."""
        return _to_session(self._transport.call("POST", f"{_path(session_id)}/archive", once_key=True))

    def delete(self, session_id: str) -> None:
        """Deletes it with its log."""
        self._transport.call("DELETE", _path(session_id))

    def _ask(
        self,
        session_id: str,
        message: MessageInput,
        on_approval: Optional[ApprovalCallback],
        previews: bool,
        cancellation: Cancellation,
    ) -> Iterator[SessionEvent]:
        approver = None if on_approval is None else Approver(self._transport, on_approval)
        sent = self.send(session_id, message)
        begun = False
        yield sent
        with closing(self._read(session_id, sent.sequence or 0, previews, cancellation)) as events:
            for event in events:
                begun = begun or (isinstance(event, SessionRunning) and sent.id in event.input_ids)
                # A turn that was running before has to end first.
                if not begun:
                    continue
                yield event
                waits = isinstance(event, SessionIdle) and event.needs_answer
                if waits and approver is not None:
                    approver.settle(session_id)
                if event.type == "session.status_terminated" or (isinstance(event, SessionIdle) and not waits):
                    return

    def _read(self, session_id: str, after: int, previews: bool, cancellation: Cancellation) -> Iterator[SessionEvent]:
        deleted = False
        query = {"event_deltas[]": "agent.message" if previews else None}
        path = f"{_path(session_id)}/events/stream"
        with closing(
            follow(self._transport, path, cancellation, after=after, is_over=lambda: deleted, query=query)
        ) as events:
            for event in events:
                if event.name == "gap":
                    raise GantryError("Events before the oldest that is kept were asked for: fetch the session, and go on from there.")
                if event.name in NOTICES:
                    continue
                deleted = event.name == "session.deleted"
                yield to_session_event(event.fields())

    def _make(self, kind: str, fields: Mapping[str, Any]) -> Dict[str, Any]:
        made: Dict[str, Any] = self._transport.call("POST", f"/v1/{kind}", body=fields, once_key=True)
        return made

    def _send(self, session_id: str, event: Mapping[str, Any]) -> SessionEvent:
        stored = self._transport.call("POST", f"{_path(session_id)}/events", body={"events": [event]}, once_key=True)
        return to_session_event(stored["data"][0])


def _path(session_id: str) -> str:
    return f"/v1/sessions/{quote(session_id, safe='')}"


def _to_content(message: MessageInput) -> List[Mapping[str, Any]]:
    return [{"type": "text", "text": message}] if isinstance(message, str) else list(message)


def _to_session(fields: Mapping[str, Any]) -> Session:
    notes = fields.get("gantry") or {}
    return Session(
        id=fields["id"],
        status=fields["status"],
        title=fields.get("title"),
        last_sequence=notes.get("last_sequence", 0),
        open_interactions=notes.get("open_interactions", 0),
        raw=dict(fields),
    )
