"""The client for programs that wait."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Dict, Mapping, Optional, Sequence, Type, Union

from .batches import Batches, BatchInput, BatchResults, Progress
from .completions import Completion, Message, complete, stream_text, to_messages
from .interactions import ApprovalCallback, Interactions
from .sessions import Sessions
from .settings import find_server
from .stream import Stream
from .tasks import Task, Tasks
from .transport import Query, Transport


class ClaudeClient:
    """Gantry, as a program uses it that waits for each answer. May be used by several threads.

    ``base_url`` is the argument, ``GANTRY_URL``, or ``http://127.0.0.1:8006``; ``api_key`` the argument, ``GANTRY_API_KEY``, or on the
    same machine the admin key of the server's data directory. ``project_id`` (id or name) is who is charged where a call names nobody
    else. ``timeout`` is in seconds, of a whole answer and of the silence of a stream; ``max_retries`` how often a call is tried again
    where the server says that it may succeed.

    All calls raise :class:`GantryError`; see :mod:`gantry_client.errors`. Each opens a connection and closes it, so that nothing is left
    behind; as a context manager the client says so in the code.
    """

    def __init__(
        self,
        base_url: Optional[str] = None,
        api_key: Optional[str] = None,
        project_id: Optional[str] = None,
        timeout: float = 600.0,
        max_retries: int = 3,
    ) -> None:
        self.project_id = project_id
        self._transport = Transport(find_server(base_url, api_key), timeout, max_retries)
        self.tasks = Tasks(self._transport)
        self.sessions = Sessions(self._transport)
        self.interactions = Interactions(self._transport)
        self.batches = Batches(self._transport)

    @property
    def base_url(self) -> str:
        return self._transport.server.url

    def complete(
        self,
        prompt: str,
        model: str = "auto",
        *,
        system: Optional[str] = None,
        messages: Optional[Sequence[Message]] = None,
        max_tokens: Optional[int] = None,
        temperature: Optional[float] = None,
        timeout: Optional[float] = None,
        project_id: Optional[str] = None,
        **fields: Any,
    ) -> Completion:
        """Asks the model. ``messages`` is the conversation before the prompt; ``timeout`` the seconds for the whole answer.

        ``model`` is ``haiku``, ``sonnet``, ``opus``, a full id, or ``auto``. Further ``fields`` go into the body as they are.
        """
        given = {"max_tokens": max_tokens, "temperature": temperature, "timeout": timeout, **fields}
        return complete(self._transport, self._to_body(to_messages(prompt, system, messages), model, project_id, given))

    def stream(
        self,
        prompt: str,
        model: str = "auto",
        *,
        system: Optional[str] = None,
        messages: Optional[Sequence[Message]] = None,
        max_tokens: Optional[int] = None,
        temperature: Optional[float] = None,
        timeout: Optional[float] = None,
        project_id: Optional[str] = None,
        **fields: Any,
    ) -> Stream[str]:
        """The same, piece by piece as the model writes. A stream that is left ends the answer."""
        given = {"max_tokens": max_tokens, "temperature": temperature, "timeout": timeout, **fields}
        body = self._to_body(to_messages(prompt, system, messages), model, project_id, given)
        return Stream(lambda cancellation: stream_text(self._transport, cancellation, body))

    def batch(
        self,
        items: Sequence[BatchInput],
        *,
        model: Optional[str] = None,
        parallel: Union[bool, int, None] = None,
        timeout: Optional[float] = None,
        project_id: Optional[str] = None,
        on_progress: Optional[Progress] = None,
    ) -> BatchResults:
        """Many prompts or tasks in one call; gives the results when all are done. ``parallel`` is how many at one time, up to 32.

        An item that failed does not raise: its ``status`` is ``failed``, and its ``error`` says why.
        """
        return self.batches.run(
            items,
            model=model,
            parallel=parallel,
            timeout=timeout,
            project_id=project_id or self.project_id,
            on_progress=on_progress,
        )

    def agentic_task(
        self,
        description: str,
        *,
        allow_tools: Sequence[str] = (),
        allow_agents: Sequence[str] = (),
        allow_skills: Sequence[str] = (),
        timeout: Optional[int] = None,
        max_cost: Optional[float] = None,
        model: Optional[str] = None,
        on_approval: Optional[ApprovalCallback] = None,
        **fields: Any,
    ) -> Task:
        """Hands an agent a job and waits for its end. ``timeout`` is in seconds of work, ``max_cost`` in US dollars.

        A task that failed does not raise: see its ``status`` and ``error``. It goes on where the caller leaves; ``tasks.cancel`` ends it.
        """
        task = self.tasks.start(
            description,
            allow_tools=allow_tools,
            allow_agents=allow_agents,
            allow_skills=allow_skills,
            timeout=timeout,
            max_cost=max_cost,
            model=model,
            **fields,
        )
        return self.tasks.wait(task.task_id, on_approval=on_approval)

    def get_usage(self, project_id: Optional[str] = None, period: str = "month") -> Dict[str, Any]:
        """``total_tokens``, ``total_cost`` (US dollars), ``by_model``, ``limit`` and ``remaining`` of ``month``, ``week`` or ``day``."""
        query: Query = {"project_id": project_id or self.project_id, "period": period}
        return self._read("GET", "/v1/usage", query=query)

    def health(self) -> Dict[str, Any]:
        """``status`` (``ok`` or ``degraded``), ``version``, ``uptime_seconds`` and ``services``."""
        return self._read("GET", "/health")

    def capabilities(self) -> Dict[str, Any]:
        """``agents`` and ``skills`` that tasks may name."""
        return self._read("GET", "/v1/capabilities")

    def route(self, prompt: str, context_size: int = 0) -> Dict[str, Any]:
        """Which model ``auto`` takes: ``recommended_model``, ``reasoning`` and ``budget_status``. ``context_size`` is in tokens."""
        return self._read("POST", "/v1/route", body={"prompt": prompt, "context_size": context_size})

    def request(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None, query: Optional[Query] = None) -> Any:
        """Any other address of the API: the JSON of its answer."""
        return self._transport.call(method, path, body=body, query=query)

    def close(self) -> None:
        """There is nothing that stays open between calls; the end of a ``with`` block calls this."""

    def __enter__(self) -> ClaudeClient:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _read(
        self, method: str, path: str, *, body: Optional[Mapping[str, Any]] = None, query: Optional[Query] = None
    ) -> Dict[str, Any]:
        answer: Dict[str, Any] = self._transport.call(method, path, body=body, query=query)
        return answer

    def _to_body(
        self, messages: Sequence[Message], model: str, project_id: Optional[str], given: Mapping[str, Any]
    ) -> Dict[str, Any]:
        optional = {"project_id": project_id or self.project_id, **given}
        told = {name: value for name, value in optional.items() if value is not None}
        return {"model": model, "messages": list(messages), **told}
