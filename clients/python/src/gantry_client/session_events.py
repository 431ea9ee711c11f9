"""The events of a session, by what they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional

#: Names of what a stream says of itself, besides the events.
NOTICES = frozenset({"ok", "gap", "ping"})


@dataclass(frozen=True)
class SessionEvent:
    """Any event. ``sequence`` is its place in the log, None for a preview; ``raw`` is all that came."""

    type: str
    id: str
    sequence: Optional[int]
    raw: Dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class UserMessage(SessionEvent):
    """What a person said."""

    text: str


@dataclass(frozen=True)
class AgentMessage(SessionEvent):
    """What the agent said."""

    text: str


@dataclass(frozen=True)
class TextDelta(SessionEvent):
    """A piece of what the agent is saying, where previews were asked for; ``id`` is that of the message that follows."""

    text: str


@dataclass(frozen=True)
class ToolUse(SessionEvent):
    """A call of a tool. ``permission`` is ``allow``, ``ask`` (it waits for a person) or ``deny``; empty for the client's own tools."""

    name: str
    input: Dict[str, Any]
    permission: str


@dataclass(frozen=True)
class ToolResult(SessionEvent):
    """What a tool gave: ``text`` is that of its content, ``tool_use_id`` the event of the call."""

    tool_use_id: str
    text: str
    is_error: bool


@dataclass(frozen=True)
class SessionRunning(SessionEvent):
    """A turn began or goes on. ``input_ids`` are the messages that it begins with."""

    input_ids: List[str]


@dataclass(frozen=True)
class SessionIdle(SessionEvent):
    """A turn rests. ``reason`` is ``end_turn``, ``requires_action``, ``retries_exhausted``, ``budget_reached`` or ``refusal``."""

    reason: str

    @property
    def needs_answer(self) -> bool:
        return self.reason == "requires_action"


@dataclass(frozen=True)
class SessionFailed(SessionEvent):
    """Something went wrong in a turn. ``retrying`` says whether the server tries again by itself."""

    message: str
    retrying: bool


def to_session_event(fields: Mapping[str, Any]) -> SessionEvent:
    """An event of a type that is not known here is a plain :class:`SessionEvent`."""
    make = _MAKERS.get(fields.get("type", ""))
    notes = fields.get("gantry") or {}
    given: Dict[str, Any] = {
        "type": fields.get("type", ""),
        "id": fields.get("id", ""),
        "sequence": notes.get("sequence"),
        "raw": dict(fields),
    }
    return SessionEvent(**given) if make is None else make(fields, given)


def _to_tool_use(fields: Mapping[str, Any], given: Dict[str, Any]) -> SessionEvent:
    permission = fields.get("evaluated_permission", "")
    return ToolUse(**given, name=fields["name"], input=dict(fields["input"]), permission=permission)


def _to_tool_result(fields: Mapping[str, Any], given: Dict[str, Any]) -> SessionEvent:
    use = fields.get("tool_use_id") or fields.get("mcp_tool_use_id") or fields.get("custom_tool_use_id") or ""
    return ToolResult(**given, tool_use_id=use, text=_to_text(fields), is_error=bool(fields.get("is_error")))


def _to_delta(fields: Mapping[str, Any], given: Dict[str, Any]) -> SessionEvent:
    content = fields["delta"].get("content") or {}
    return TextDelta(**{**given, "id": fields["event_id"]}, text=content.get("text", ""))


def _to_failed(fields: Mapping[str, Any], given: Dict[str, Any]) -> SessionEvent:
    error = fields["error"]
    return SessionFailed(**given, message=error["message"], retrying=error["retry_status"]["type"] == "retrying")


def _to_text(fields: Mapping[str, Any]) -> str:
    blocks = fields.get("content") or []
    return "".join(block.get("text", "") for block in blocks if block.get("type") == "text")


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Dict[str, Any]], SessionEvent]] = {
    "user.message": lambda fields, given: UserMessage(**given, text=_to_text(fields)),
    "agent.message": lambda fields, given: AgentMessage(**given, text=_to_text(fields)),
    "event_delta": _to_delta,
    "agent.tool_use": _to_tool_use,
    "agent.mcp_tool_use": _to_tool_use,
    "agent.custom_tool_use": _to_tool_use,
    "agent.tool_result": _to_tool_result,
    "agent.mcp_tool_result": _to_tool_result,
    "user.custom_tool_result": _to_tool_result,
    "session.status_running": lambda fields, given: SessionRunning(
        **given, input_ids=list((fields.get("gantry") or {}).get("input_ids", []))
    ),
    "session.status_idle": lambda fields, given: SessionIdle(**given, reason=fields["stop_reason"]["type"]),
    "session.error": _to_failed,
}
