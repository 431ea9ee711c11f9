"""The client for programs with an event loop."""

from __future__ import annotations

import asyncio
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, Type, TypeVar

from .async_stream import AsyncStream
from .batches import Batches
from .client import ClaudeClient
from .interactions import Interactions
from .sessions import Sessions
from .stream import Stream
from .tasks import Tasks
from .worker import Worker, to_thread_callback

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    Parameters = ParamSpec("Parameters")

Item = TypeVar("Item")


def _streaming(
    call: Callable[Parameters, Stream[Item]], worker: Worker
) -> Callable[Parameters, AsyncStream[Item]]:
    @wraps(call)
    def begin(*args: Any, **named: Any) -> AsyncStream[Item]:
        loop = asyncio.get_running_loop()
        named = {name: to_thread_callback(value, loop) for name, value in named.items()}
        return AsyncStream(call(*args, **named), worker)

    return begin


class AsyncTasks:
    """:class:`Tasks`, awaited."""

    def __init__(self, tasks: Tasks, worker: Worker) -> None:
        self.start = worker.wrap(tasks.start)
        self.get = worker.wrap(tasks.get)
        self.cancel = worker.wrap(tasks.cancel)
        self.watch = _streaming(tasks.watch, worker)
        self.wait = worker.wrap(tasks.wait)
        self.artifacts = worker.wrap(tasks.artifacts)
        self.read_artifact = worker.wrap(tasks.read_artifact)


class AsyncSessions:
    """:class:`Sessions`, awaited."""

    def __init__(self, sessions: Sessions, worker: Worker) -> None:
        self.create_agent = worker.wrap(sessions.create_agent)
        self.create_environment = worker.wrap(sessions.create_environment)
        self.create = worker.wrap(sessions.create)
        self.get = worker.wrap(sessions.get)
        self.send = worker.wrap(sessions.send)
        self.interrupt = worker.wrap(sessions.interrupt)
        self.send_tool_result = worker.wrap(sessions.send_tool_result)
        self.events = _streaming(sessions.events, worker)
        self.ask = _streaming(sessions.ask, worker)
        self.list_events = worker.wrap(sessions.list_events)
        self.archive = worker.wrap(sessions.archive)
        self.delete = worker.wrap(sessions.delete)


class AsyncInteractions:
    """:class:`Interactions`, awaited."""

    def __init__(self, interactions: Interactions, worker: Worker) -> None:
        self.list = worker.wrap(interactions.list)
        self.get = worker.wrap(interactions.get)
        self.answer = worker.wrap(interactions.answer)


class AsyncBatches:
    """:class:`Batches`, awaited."""

    def __init__(self, batches: Batches, worker: Worker) -> None:
        self.start = worker.wrap(batches.start)
        self.get = worker.wrap(batches.get)
        self.cancel = worker.wrap(batches.cancel)
        self.run = worker.wrap(batches.run)
        self.wait = worker.wrap(batches.wait)


class AsyncClaudeClient:
    """:class:`ClaudeClient` for programs with an event loop: the same calls, awaited; the same streams, by ``async for``.

    Each call that is under way takes one of ``max_connections`` threads while it waits; more calls wait for one. Cancelling the task that
    awaits a call closes its connection, so that the server stops what it does for it. Callbacks may be coroutines. :meth:`close`, or the
    end of an ``async with`` block, waits until no thread is left.
    """

    def __init__(
        self,
        base_url: Optional[str] = None,
        api_key: Optional[str] = None,
        project_id: Optional[str] = None,
        timeout: float = 600.0,
        max_retries: int = 3,
        max_connections: int = 64,
    ) -> None:
        client = ClaudeClient(base_url, api_key, project_id, timeout, max_retries)
        worker = self._worker = Worker(max_connections)
        self.base_url = client.base_url
        self.complete = worker.wrap(client.complete)
        self.stream = _streaming(client.stream, worker)
        self.batch = worker.wrap(client.batch)
        self.agentic_task = worker.wrap(client.agentic_task)
        self.get_usage = worker.wrap(client.get_usage)
        self.health = worker.wrap(client.health)
        self.capabilities = worker.wrap(client.capabilities)
        self.route = worker.wrap(client.route)
        self.request = worker.wrap(client.request)
        self.tasks = AsyncTasks(client.tasks, worker)
        self.sessions = AsyncSessions(client.sessions, worker)
        self.interactions = AsyncInteractions(client.interactions, worker)
        self.batches = AsyncBatches(client.batches, worker)

    async def close(self) -> None:
        """Takes no more calls, and waits for those that are under way: cancel what is not to be waited for. May be called twice."""
        await self._worker.close()

    async def __aenter__(self) -> AsyncClaudeClient:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()
