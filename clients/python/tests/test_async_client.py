import asyncio
import socket
import threading
import unittest
from typing import Awaitable, Callable

from gantry_client import AsyncClaudeClient, BatchResults, GantryError
from scripted_server import ScriptedServer, stream_head, until_left
from server_under_test import ServerTest


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Runs a test in a loop of its own, and looks that no thread of the client is left behind it."""
    asyncio.run(test())
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("gantry-client")]
    if left:
        raise AssertionError(f"threads are left: {left}")


class AsyncClientTest(ServerTest):
    def test_the_calls_of_the_other_client_awaited(self) -> None:
        async def test() -> None:
            async with self.asynchronous() as client:
                answers = await asyncio.gather(*(client.complete(f"[[demo:say {n}]]", model="haiku") for n in range(3)))
                self.assertEqual([answer.content for answer in answers], ["0", "1", "2"])
                pieces = [piece async for piece in client.stream("[[demo:tokens 5]]", model="haiku")]
                self.assertGreater(len(pieces), 1)
                self.assertEqual([item.content for item in await client.batch(["[[demo:say a]]"], model="haiku")], ["a"])
                task = await client.agentic_task("[[demo:say Done.]]", model="haiku")
                self.assertEqual((task.status, task.content), ("completed", "Done."))
                news = [told.status async for told in client.tasks.watch(task.task_id) if told.status is not None]
                self.assertEqual(news[-1], "completed")
                self.assertEqual((await client.health())["status"], "ok")
                self.assertGreater((await client.get_usage())["total_tokens"], 0)

        run(test)

    def test_callbacks_may_be_coroutines_and_what_they_raise_ends_the_call(self) -> None:
        seen = []

        async def note(results: BatchResults) -> None:
            await asyncio.sleep(0)
            seen.append((len(results), threading.current_thread() is threading.main_thread()))

        def fail(results: BatchResults) -> None:
            raise KeyError("mine")

        async def test() -> None:
            async with self.asynchronous() as client:
                await client.batch(["[[demo:say a]]"], model="haiku", on_progress=note)
                self.assertEqual(seen[-1], (1, True))
                with self.assertRaisesRegex(KeyError, "mine"):
                    await client.batch(["[[demo:say a]]"], model="haiku", on_progress=fail)

        run(test)


class AsyncCancellationTest(unittest.TestCase):
    def test_cancelling_a_task_closes_the_connection_of_its_call(self) -> None:
        came, left = threading.Event(), threading.Event()

        def answer(connection: socket.socket) -> None:
            came.set()
            until_left(connection)
            left.set()

        async def test() -> None:
            async with AsyncClaudeClient(server.url, "k") as client:
                call = asyncio.ensure_future(client.complete("hi"))
                await asyncio.get_running_loop().run_in_executor(None, came.wait, 60)
                call.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await call
                self.assertTrue(await asyncio.get_running_loop().run_in_executor(None, left.wait, 60))

        with ScriptedServer(answer) as server:
            run(test)

    def test_cancelling_and_closing_a_stream(self) -> None:
        left = threading.Event()

        def answer(connection: socket.socket) -> None:
            connection.sendall(stream_head() + b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n')
            until_left(connection)
            left.set()

        async def read(client: AsyncClaudeClient, first: asyncio.Event) -> None:
            async for _ in client.stream("hi"):
                first.set()

        async def test() -> None:
            async with AsyncClaudeClient(server.url, "k", max_connections=1) as client:
                first = asyncio.Event()
                reader = asyncio.ensure_future(read(client, first))
                await first.wait()
                reader.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await reader
                self.assertTrue(await asyncio.get_running_loop().run_in_executor(None, left.wait, 60))
                left.clear()
                async with client.stream("hi") as stream:
                    self.assertEqual(await stream.__anext__(), "Hi")
                self.assertEqual([piece async for piece in stream], [])
                self.assertTrue(await asyncio.get_running_loop().run_in_executor(None, left.wait, 60))
            with self.assertRaisesRegex(GantryError, "closed"):
                await client.health()

        with ScriptedServer(answer) as server:
            run(test)
