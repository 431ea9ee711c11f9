"""Answers of the model: whole, and as they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from .cancellation import Cancellation
from .errors import StreamInterruptedError, to_stream_error
from .event_stream import read_events
from .transport import Transport

Message = Mapping[str, Any]

_PATH = "/v1/chat/completions"
#: A server that heeds a time limit says so itself; this is how much longer it is listened to.
_GRACE_SECONDS = 15.0


@dataclass(frozen=True)
class Usage:
    """Tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0


@dataclass(frozen=True)
class Completion:
    """A whole answer. ``cost`` is in US dollars; 0.0 where the model has no price, which ``priced`` tells. ``raw`` is all that came."""

    content: str
    model: str
    cost: float
    priced: bool
    usage: Usage
    finish_reason: Optional[str]
    id: Optional[str]
    project_id: Optional[str]
    raw: Dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return self.content


def to_usage(fields: object) -> Usage:
    given = fields if isinstance(fields, dict) else {}
    counts = (given.get(f"{kind}_tokens") for kind in ("input", "output", "total"))
    return Usage(*(count if isinstance(count, int) else 0 for count in counts))


def to_messages(prompt: str, system: Optional[str], messages: Optional[Sequence[Message]]) -> List[Message]:
    """The conversation before, the system prompt in front of it, and the prompt as its last turn."""
    first: List[Message] = [] if system is None else [{"role": "system", "content": system}]
    return [*first, *(messages or []), {"role": "user", "content": prompt}]


def complete(transport: Transport, body: Mapping[str, Any]) -> Completion:
    answer = transport.call("POST", _PATH, body=body, timeout=_listening_time(transport, body))
    fields: Dict[str, Any] = answer if isinstance(answer, dict) else {}
    cost = fields.get("cost")
    choice = _first_choice(fields)
    message = choice.get("message")
    said = message.get("content") if isinstance(message, dict) else None
    return Completion(
        # On the direct road the upstream's own answer comes, which has no `content` beside its choices.
        content=fields.get("content") or said or "",
        model=str(fields.get("model", "")),
        cost=float(cost) if isinstance(cost, (int, float)) else 0.0,
        priced=isinstance(cost, (int, float)),
        usage=to_usage(_with_both_names(fields.get("usage"))),
        finish_reason=choice.get("finish_reason"),
        id=fields.get("id"),
        project_id=fields.get("project_id"),
        raw=fields,
    )


def stream_text(transport: Transport, cancellation: Cancellation, body: Mapping[str, Any]) -> Iterator[str]:
    """Pieces of the text. An answer is not asked for again once its stream has begun."""

    def attempt() -> Any:
        return transport.open(
            "POST", _PATH, cancellation, body={**body, "stream": True}, timeout=_listening_time(transport, body)
        )

    with transport.retry(attempt, cancellation, repeatable=False) as exchange:
        for event in read_events(exchange.pieces()):
            if event.data == "[DONE]":
                return
            fields = event.fields()
            if "error" in fields:
                raise to_stream_error(fields, exchange.headers)
            delta = _first_choice(fields).get("delta")
            text = delta.get("content") if isinstance(delta, dict) else None
            if isinstance(text, str) and text != "":
                yield text
    raise StreamInterruptedError("The stream of the answer ended before the answer did.")


def _listening_time(transport: Transport, body: Mapping[str, Any]) -> float:
    limit = body.get("timeout")
    return transport.timeout if limit is None else float(limit) + _GRACE_SECONDS


def _first_choice(fields: Mapping[str, Any]) -> Dict[str, Any]:
    choices = fields.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _with_both_names(usage: object) -> object:
    if not isinstance(usage, dict):
        return usage
    return {"input_tokens": usage.get("prompt_tokens"), "output_tokens": usage.get("completion_tokens"), **usage}
