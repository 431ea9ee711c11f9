"""Jobs that are handed to an agent."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence
from urllib.parse import quote

from .cancellation import Cancellation
from .completions import Usage, to_usage
from .errors import GantryError
from .follow import follow
from .interactions import ApprovalCallback, Approver
from .session_events import NOTICES, SessionEvent, SessionIdle, to_session_event
from .stream import Stream
from .transport import Transport

ENDED = frozenset({"completed", "failed", "timeout", "cost_exceeded", "cancelled"})


@dataclass(frozen=True)
class Artifact:
    """A file that a task made or changed; :meth:`Tasks.read_artifact` has its content. ``change`` is added, modified or deleted."""

    id: str
    path: str
    type: str
    size_bytes: int
    change: str


@dataclass(frozen=True)
class Task:
    """A task as it was when the server told of it.

    ``status`` is ``queued``, ``running``, ``requires_action``, ``completed``, ``failed``, ``timeout``, ``cost_exceeded`` or
    ``cancelled``. ``content`` is the agent's last word, ``output`` the object where a schema was given, ``error`` why it failed,
    ``cost`` US dollars, ``interactions`` what a person has to answer. ``raw`` is all that came.
    """

    task_id: str
    status: str
    content: str
    summary: str
    output: Optional[Dict[str, Any]]
    error: Optional[str]
    cost: float
    usage: Usage
    artifacts: List[Artifact]
    execution_log: List[Dict[str, Any]]
    interactions: List[str]
    session_id: Optional[str]
    result: Optional[Dict[str, Any]]
    raw: Dict[str, Any] = field(repr=False)

    @property
    def ok(self) -> bool:
        return self.status == "completed"

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True)
class TaskEvent:
    """What is told of a task: a state (``task.queued``, ``task.held``, ``task.status``) with its ``status``, or an ``event`` of its session."""

    type: str
    status: Optional[str]
    event: Optional[SessionEvent]
    raw: Dict[str, Any] = field(repr=False)


class Tasks:
    """The key needs the scope ``tasks``; to answer what an agent asks, ``approve`` as well."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        description: str,
        *,
        allow_tools: Sequence[str] = (),
        allow_agents: Sequence[str] = (),
        allow_skills: Sequence[str] = (),
        timeout: Optional[int] = None,
        max_cost: Optional[float] = None,
        model: Optional[str] = None,
        **fields: Any,
    ) -> Task:
        """Hands a task over and does not wait for it. ``timeout`` is in seconds of work, ``max_cost`` in US dollars.

        Further ``fields`` are those of ``POST /v1/task``: ``working_directory``, ``input_files``, ``output_schema``, ``priority``, …
        """
        body: Dict[str, Any] = {
            "description": description,
            "allow_tools": list(allow_tools),
            "allow_agents": list(allow_agents),
            "allow_skills": list(allow_skills),
            "wait": 0,
        }
        given = {"timeout": timeout, "max_cost": max_cost, "model": model, **fields}
        body.update({name: value for name, value in given.items() if value is not None})
        return to_task(self._transport.call("POST", "/v1/task", body=body, once_key=True))

    def get(self, task_id: str) -> Task:
        return to_task(self._transport.call("GET", f"/v1/tasks/{quote(task_id, safe='')}"))

    def cancel(self, task_id: str) -> Task:
        return to_task(self._transport.call("POST", f"/v1/tasks/{quote(task_id, safe='')}/cancel"))

    def watch(self, task_id: str, *, after: int = 0) -> Stream[TaskEvent]:
        """What happens to a task until it has ended, from the beginning or behind the ``sequence`` of an event.

        A lost connection is made again by itself; states may be told twice then, events of the session are not.
        """
        return Stream(lambda cancellation: self._watch(task_id, after, cancellation))

    def wait(self, task_id: str, *, on_approval: Optional[ApprovalCallback] = None) -> Task:
        """Waits until a task has ended, however it did, and answers with ``on_approval`` what its agent asks meanwhile."""
        approver = None if on_approval is None else Approver(self._transport, on_approval)
        with self.watch(task_id) as news:
            for told in news:
                if approver is not None and isinstance(told.event, SessionIdle) and told.event.needs_answer:
                    approver.settle(self.get(task_id).session_id)
        return self.get(task_id)

    def artifacts(self, task_id: str) -> List[Artifact]:
        listed = self._transport.call("GET", f"/v1/tasks/{quote(task_id, safe='')}/artifacts")
        return [_to_artifact(fields) for fields in listed["data"]]

    def read_artifact(self, task: Task, path: str) -> bytes:
        """The content of a file that the task made, by its path in the task's folder."""
        found = next((artifact for artifact in self.artifacts(task.task_id) if artifact.path == path), None)
        session_id = task.session_id or self.get(task.task_id).session_id
        if found is None or session_id is None:
            raise GantryError(f"The task has made no file {path!r}.")
        return self._transport.fetch("GET", f"/v1/runs/{session_id}/artifacts/{quote(found.id, safe='')}")

    def _watch(self, task_id: str, after: int, cancellation: Cancellation) -> Iterator[TaskEvent]:
        ended = False
        path = f"/v1/tasks/{quote(task_id, safe='')}/events"
        with closing(follow(self._transport, path, cancellation, after=after, is_over=lambda: ended)) as events:
            for event in events:
                fields = event.fields()
                if event.name.startswith("task."):
                    status = fields["task"]["status"] if "task" in fields else "queued"
                    ended = status in ENDED
                    yield TaskEvent(event.name, status, None, fields)
                elif event.name not in NOTICES:
                    yield TaskEvent(event.name, None, to_session_event(fields), fields)


def to_task(fields: Mapping[str, Any]) -> Task:
    result: Dict[str, Any] = fields.get("result") or {}
    usage: Dict[str, Any] = fields.get("usage") or {}
    failed = "error" in result
    return Task(
        task_id=fields["task_id"],
        status=fields["status"],
        # Of a task that failed, what it had said until then.
        content=(result.get("output") if failed else result.get("full_output")) or "",
        summary=result.get("summary", ""),
        output=None if failed else result.get("output"),
        error=result.get("error"),
        cost=float(usage.get("total_cost") or 0.0),
        usage=to_usage(usage),
        artifacts=[_to_artifact(artifact) for artifact in fields.get("artifacts", [])],
        execution_log=list(fields.get("execution_log", [])),
        interactions=list(fields.get("interactions", [])),
        session_id=fields.get("session_id"),
        result=fields.get("result"),
        raw=dict(fields),
    )


def _to_artifact(fields: Mapping[str, Any]) -> Artifact:
    return Artifact(
        id=fields["id"],
        path=fields["path"],
        type=fields["type"],
        size_bytes=fields["size_bytes"],
        change=fields["change"],
    )
