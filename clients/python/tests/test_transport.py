import socket
import threading
import time
import unittest
from unittest.mock import patch

from gantry_client import (
    APIError,
    BudgetExceededError,
    ClaudeClient,
    ConnectionFailedError,
    GantryError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
)
from scripted_server import ScriptedServer, chunk, reply, stream_head, until_left

OK = reply(200, '{"status":"ok"}')
BUSY = '{"error":{"message":"Later.","code":"queue_full","param":null},"detail":"Later."}'


class TransportTest(unittest.TestCase):
    def setUp(self) -> None:
        # Pauses without a word of the server would make this slow.
        patcher = patch("gantry_client.transport.random.uniform", return_value=0.0)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.threads = threading.active_count()
        self.addCleanup(self.assert_no_thread_stays)

    def assert_no_thread_stays(self) -> None:
        # One that was told to end may take a while on a busy machine.
        give_up = time.monotonic() + 60
        while threading.active_count() > self.threads and time.monotonic() < give_up:
            time.sleep(0.01)
        self.assertLessEqual(threading.active_count(), self.threads)

    def test_a_refusal_is_tried_again_where_the_server_says_so(self) -> None:
        busy = reply(429, BUSY, "x-should-retry: true", "retry-after-ms: 1")
        with ScriptedServer(busy, busy, OK) as server:
            self.assertEqual(ClaudeClient(server.url, "k").health(), {"status": "ok"})
            self.assertEqual(len(server.requests), 3)

    def test_tries_are_bounded_and_the_error_has_all_that_is_known(self) -> None:
        busy = reply(429, BUSY, "x-should-retry: true", "retry-after: 0", "x-request-id: req_1")
        with ScriptedServer(busy) as server:
            with self.assertRaises(RateLimitError) as caught:
                ClaudeClient(server.url, "k", max_retries=2).complete("hi")
            self.assertEqual(len(server.requests), 3)
        error = caught.exception
        self.assertEqual((error.status, error.code, error.request_id, error.retry_after), (429, "queue_full", "req_1", 0.0))
        self.assertEqual(str(error), "Later. (queue_full, request req_1)")

    def test_what_the_server_says_is_not_tried_again_is_not(self) -> None:
        over = reply(429, '{"error":{"message":"m","code":"budget_exceeded"}}', "x-should-retry: false")
        late = reply(503, BUSY, "x-should-retry: true", "retry-after: 3600")
        for answer, kind in ((over, BudgetExceededError), (late, APIError)):
            with ScriptedServer(answer) as server:
                with self.assertRaises(kind):
                    ClaudeClient(server.url, "k").complete("hi")
                self.assertEqual(len(server.requests), 1)

    def test_errors_in_the_vendors_shape_and_of_other_servers(self) -> None:
        vendor = reply(400, '{"type":"error","error":{"type":"x","message":"m","details":{"error_code":"conflict"}}}', "request-id: r")
        for answer, code in ((vendor, "conflict"), (reply(302, "", "location: http://x/"), None), (reply(404, "<html>"), None)):
            with ScriptedServer(answer) as server:
                with self.assertRaises(APIError) as caught:
                    ClaudeClient(server.url, "k").health()
                self.assertEqual((caught.exception.code, len(server.requests)), (code, 1))

    def test_answers_that_are_cut_off_or_no_http(self) -> None:
        broken = [
            b"",
            b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
            b"SSH-2.0-x\r\n",
        ]
        for answer in broken:
            with ScriptedServer(answer) as server:
                client = ClaudeClient(server.url, "k", max_retries=1)
                with self.assertRaisesRegex(ConnectionFailedError, "cut the connection"):
                    client.health()
                self.assertEqual(len(server.requests), 2, answer)
                # A prompt may have been paid for: it is not sent twice.
                with self.assertRaises(ConnectionFailedError):
                    client.complete("hi")
                self.assertEqual(len(server.requests), 3, answer)
                # A task has a key of its own, by which it is one task however often it is sent.
                with self.assertRaises(ConnectionFailedError):
                    client.tasks.start("work")
                keys = {request.headers["idempotency-key"] for request in server.requests[3:]}
                self.assertEqual((len(server.requests), len(keys)), (5, 1), answer)

    def test_an_answer_that_is_no_json(self) -> None:
        with ScriptedServer(reply(200, "<html>")) as server:
            with self.assertRaisesRegex(GantryError, "is it Gantry"):
                ClaudeClient(server.url, "k").health()

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with self.assertRaisesRegex(ConnectionFailedError, "no server listens at .* start it with"):
            ClaudeClient(f"http://127.0.0.1:{port}", "k").health()

    def test_a_server_that_says_nothing_and_one_that_trickles(self) -> None:
        def trickle(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n")
            for _ in range(5000):
                connection.sendall(b" ")
                time.sleep(0.02)

        for answer in (until_left, trickle):
            with ScriptedServer(answer) as server:
                with self.assertRaises(RequestTimeoutError) as caught:
                    ClaudeClient(server.url, "k", timeout=0.5).health()
                self.assertIsInstance(caught.exception, TimeoutError)
                self.assertEqual(len(server.requests), 1)

    def test_a_stream_of_an_answer_that_breaks(self) -> None:
        piece = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
        head = stream_head("transfer-encoding: chunked")
        failed = b'data: {"error":{"message":"m","code":"upstream_interrupted"}}\n\n'
        cases = [
            (stream_head() + piece, StreamInterruptedError),
            (head + chunk(piece), ConnectionFailedError),
            (head + chunk(piece) + b"zz\r\n", ConnectionFailedError),
            (head + chunk(piece) + chunk(b"data: nonsense\n\n"), StreamInterruptedError),
            (head + chunk(piece) + chunk(failed), APIError),
        ]
        for answer, kind in cases:
            with ScriptedServer(answer) as server:
                tokens = []
                with self.assertRaises(kind):
                    for token in ClaudeClient(server.url, "k").stream("hi"):
                        tokens.append(token)
                self.assertEqual((tokens, len(server.requests)), (["Hi"], 1), answer)

    def test_leaving_a_stream_closes_its_connection(self) -> None:
        left = threading.Event()

        def answer(connection: socket.socket) -> None:
            connection.sendall(stream_head() + b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n')
            until_left(connection)
            left.set()

        with ScriptedServer(answer) as server:
            for token in ClaudeClient(server.url, "k").stream("hi"):
                self.assertEqual(token, "Hi")
                break
            self.assertTrue(left.wait(60))
            left.clear()
            stream = ClaudeClient(server.url, "k").stream("hi")
            next(stream)
            # From another thread, while this one waits for more.
            threading.Timer(0.1, stream.close).start()
            self.assertEqual(list(stream), [])
            self.assertTrue(left.wait(60))
            stream.close()
