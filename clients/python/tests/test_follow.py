import json
import unittest
from unittest.mock import patch

from gantry_client import AuthenticationError, ClaudeClient, ConnectionFailedError, GantryError, SessionEvent
from scripted_server import ScriptedServer, chunk, event, reply, stream_head

HEAD = stream_head("transfer-encoding: chunked")


def said(sequence: int) -> bytes:
    fields = {"type": "agent.message", "id": f"e{sequence}", "gantry": {"sequence": sequence}, "content": []}
    return chunk(event("agent.message", json.dumps(fields), sequence))


DELETED = chunk(event("session.deleted", '{"type":"session.deleted","id":"d","gantry":{"sequence":9}}', 9)) + b"0\r\n\r\n"


class FollowTest(unittest.TestCase):
    def setUp(self) -> None:
        patcher = patch("gantry_client.transport.random.uniform", return_value=0.0)
        patcher.start()
        self.addCleanup(patcher.stop)

    def read(self, server: ScriptedServer, retries: int = 3) -> list:
        events: list = []
        self.events = events
        for told in ClaudeClient(server.url, "k", max_retries=retries).sessions.events("s", after=4):
            self.assertIsInstance(told, SessionEvent)
            events.append(told.sequence)
        return events

    def test_a_lost_connection_goes_on_where_it_was(self) -> None:
        opened = chunk(event("ok", '{"type":"ok"}', 4))
        answers = [
            HEAD + opened + said(5) + said(6) + b"20\r\ncut in the mid",
            b"",
            reply(503, '{"error":{"message":"m","code":"draining"}}', "x-should-retry: true"),
            HEAD + chunk(b"event: agent.message\nid: 7\nda"),
            HEAD + said(7) + chunk(event("error", '{"error":{"message":"m","details":{"error_code":"slow_reader"}}}')),
            HEAD + said(8) + b"0\r\n\r\n",
            HEAD + DELETED,
        ]
        with ScriptedServer(*answers) as server:
            self.assertEqual(self.read(server, retries=4), [5, 6, 7, 8, 9])
            places = [request.headers.get("last-event-id") for request in server.requests]
            self.assertEqual(places, ["4", "6", "6", "6", "6", "7", "8"])

    def test_it_gives_up_where_nothing_new_comes(self) -> None:
        with ScriptedServer(HEAD + said(5) + chunk(b": waiting\n\n")) as server:
            with self.assertRaises(ConnectionFailedError):
                self.read(server)
            # The first brings something; behind it come three that bring nothing new.
            self.assertEqual(len(server.requests), 4)

    def test_what_coming_back_does_not_mend_is_raised_at_once(self) -> None:
        refused = event("error", '{"error":{"type":"authentication_error","message":"m","details":{"error_code":"key_refused"}}}')
        gap = event("gap", '{"type":"gap"}', 4)
        for answer, kind in ((refused, AuthenticationError), (gap, GantryError)):
            with ScriptedServer(HEAD + chunk(answer)) as server:
                with self.assertRaises(kind):
                    self.read(server)
                self.assertEqual(len(server.requests), 1)
