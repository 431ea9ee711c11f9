"""What agents wait for a person to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Union

from .errors import ConflictError, GantryError
from .transport import Transport


@dataclass(frozen=True)
class Interaction:
    """An agent's call that asks for leave (``kind`` is ``approval``), or a question of its own (``question``).

    ``risks`` says what to look at before saying yes; ``deadline`` (RFC 3339) is when no answer counts as one. ``raw`` is all that came.
    """

    id: str
    kind: str
    session_id: str
    tool: str
    input: Dict[str, Any]
    risks: List[str]
    reason: str
    state: str
    deadline: str
    questions: List[Dict[str, Any]]
    raw: Dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Decision:
    """An answer: leave or none.

    ``message`` is said to the agent, ``input`` takes the place of what the agent gave, ``answers`` are those to its questions, by the
    question's text, and ``scope="session"`` allows the like for the rest of the session.
    """

    allow: bool
    message: Optional[str] = None
    input: Optional[Mapping[str, Any]] = None
    answers: Optional[Mapping[str, str]] = None
    scope: Optional[str] = None

    def to_body(self) -> Dict[str, Any]:
        given = {"message": self.message, "input": self.input, "answers": self.answers, "scope": self.scope}
        told = {name: value for name, value in given.items() if value is not None}
        return {"decision": "allow" if self.allow else "deny", **told}


#: Decides about an interaction: a :class:`Decision`, true or false; ``None`` leaves it to somebody else.
ApprovalCallback = Callable[[Interaction], Union[Decision, bool, None]]


class Interactions:
    """The key needs the scope ``approve``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, session_id: Optional[str] = None) -> List[Interaction]:
        """What is open, newest first, up to a page of it."""
        page = self._transport.call("GET", "/v1/interactions", query={"session_id": session_id})
        return [to_interaction(fields) for fields in page["data"]]

    def get(self, id: str) -> Interaction:
        return to_interaction(self._transport.call("GET", f"/v1/interactions/{id}"))

    def answer(self, id: str, decision: Union[Decision, bool]) -> Interaction:
        """The first answer counts: where another one was given before, this raises a :class:`ConflictError`."""
        given = decision if isinstance(decision, Decision) else Decision(allow=decision)
        return to_interaction(
            self._transport.call("POST", f"/v1/interactions/{id}", body=given.to_body(), once_key=True)
        )


class Approver:
    """Answers what the agent of a session asks by a callback, which is asked once about each."""

    def __init__(self, transport: Transport, decide: ApprovalCallback) -> None:
        self._interactions = Interactions(transport)
        self._decide = decide
        self._asked: Set[str] = set()

    def settle(self, session_id: Optional[str]) -> None:
        """Decides about all that is open now. Where somebody was faster, that counts."""
        for interaction in self._interactions.list(session_id):
            if interaction.id in self._asked:
                continue
            self._asked.add(interaction.id)
            decision = self._decide(interaction)
            if decision is None:
                continue
            if not isinstance(decision, (bool, Decision)):
                raise GantryError(f"on_approval has to give a Decision, a bool or None, not {type(decision).__name__}")
            try:
                self._interactions.answer(interaction.id, decision)
            except ConflictError:
                continue


def to_interaction(fields: Mapping[str, Any]) -> Interaction:
    return Interaction(
        id=fields["id"],
        kind=fields["kind"],
        session_id=fields["session_id"],
        tool=fields["tool"],
        input=dict(fields["input"]),
        risks=list(fields["risks"]),
        reason=fields["reason"],
        state=fields["state"],
        deadline=fields["deadline"],
        questions=list(fields.get("questions", [])),
        raw=dict(fields),
    )
