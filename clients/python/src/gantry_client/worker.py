"""Calls that wait, made from an event loop."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextvars import copy_context
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Awaitable, Callable, TypeVar

from .cancellation import Cancellation, current_cancellation
from .errors import GantryError

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    Parameters = ParamSpec("Parameters")

Result = TypeVar("Result")

#: How soon a thread that waits for a callback of the loop sees that its call was cancelled.
_LOOK_SECONDS = 0.1


class Worker:
    """Threads of one client. A call takes one while it waits; cancelling the task that awaits it closes the call's connection."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="gantry-client")
        self._closed = False

    async def run(self, call: Callable[[], Result], cancellation: Cancellation) -> Result:
        if self._closed:
            raise GantryError("The client is closed.")
        context = copy_context()
        context.run(current_cancellation.set, cancellation)
        future = asyncio.get_running_loop().run_in_executor(self._threads, context.run, _tell_of_end, call)
        try:
            result = await asyncio.shield(future)
        except asyncio.CancelledError:
            cancellation.cancel()
            # Whatever the thread ends with, nobody asks for it any more.
            future.add_done_callback(_forget)
            raise
        return _open_end(result)

    def wrap(self, call: Callable[Parameters, Result]) -> Callable[Parameters, Awaitable[Result]]:
        """The same call to be awaited, with its documentation and its types. Its callbacks may be coroutines."""

        @wraps(call)
        async def awaited(*args: Any, **named: Any) -> Result:
            cancellation = Cancellation()
            loop = asyncio.get_running_loop()
            named = {name: to_thread_callback(value, loop) for name, value in named.items()}
            return await self.run(partial(call, *args, **named), cancellation)

        return awaited

    async def close(self) -> None:
        """Takes no more calls, and waits for those that are on their way."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)


def to_thread_callback(value: Any, loop: asyncio.AbstractEventLoop) -> Any:
    """A callback runs in the loop that made the call, wherever it is called; anything else stays what it is."""
    if not callable(value):
        return value

    async def call(*args: Any) -> Any:
        given = value(*args)
        return await given if inspect.isawaitable(given) else given

    def in_loop(*args: Any) -> Any:
        cancellation = current_cancellation.get() or Cancellation()
        return _wait(asyncio.run_coroutine_threadsafe(call(*args), loop), cancellation)

    return in_loop


def _wait(future: Future[Result], cancellation: Cancellation) -> Result:
    while True:
        try:
            return future.result(_LOOK_SECONDS)
        except NotYetError:
            if future.done():
                raise
            if cancellation.cancelled:
                future.cancel()
            cancellation.check()


class _End:
    """A future cannot hold a StopIteration."""


_END: Any = _End()


def _tell_of_end(call: Callable[[], Result]) -> Result:
    try:
        return call()
    except StopIteration:
        end: Result = _END
        return end


def _open_end(result: Result) -> Result:
    if result is _END:
        raise StopAsyncIteration
    return result


def _forget(future: Any) -> None:
    if not future.cancelled():
        future.exception()
