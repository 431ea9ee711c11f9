import unittest
from typing import List, Tuple
from unittest.mock import patch

from gantry_client import StreamInterruptedError
from gantry_client import event_stream
from gantry_client.event_stream import read_events

STREAM = "\ufeff: note\nevent: a\nid: 7\ndata: {\"text\":\n data: \"é\"}\ndata:x\n\ndata: y\r\n\r\nretry: 1\rid: 8\rdata\r\revent: lost\ndata: cut"
EXPECTED = [("a", "7", '{"text":\nx'), ("", None, "y"), ("", "8", "")]


def read(*pieces: bytes) -> List[Tuple[str, object, str]]:
    return [(event.name, event.id, event.data) for event in read_events(pieces)]


class EventStreamTest(unittest.TestCase):
    def test_events_are_the_same_wherever_the_bytes_are_broken(self) -> None:
        content = STREAM.encode()
        self.assertEqual(read(content), EXPECTED)
        self.assertEqual(read(*(content[at : at + 1] for at in range(len(content)))), EXPECTED)
        for at in range(len(content)):
            self.assertEqual(read(content[:at], b"", content[at:]), EXPECTED, at)

    def test_an_event_that_is_cut_off_is_left_out(self) -> None:
        self.assertEqual(read(b"data: a\n\ndata: b\n"), [("", None, "a")])

    def test_bytes_that_are_no_text_and_ids_that_are_none(self) -> None:
        self.assertEqual(read(b"id: a\0b\ndata: \xff\xfe\n\n"), [("", None, "\ufffd\ufffd")])

    def test_what_is_no_json_object_is_told(self) -> None:
        for data in ("", "[1]", "{", "[" * 100_000):
            [event] = read_events([f"data: {data}\n\n".encode()])
            with self.assertRaisesRegex(StreamInterruptedError, "no JSON object"):
                event.fields()

    def test_an_event_without_an_end_does_not_fill_the_memory(self) -> None:
        endless = (b"data: " + b"x" * 1000 for _ in range(1000))
        lines = (b"data: " + b"x" * 1000 + b"\n" for _ in range(1000))
        with patch.object(event_stream, "LONGEST", 10_000):
            for pieces in (endless, lines):
                with self.assertRaisesRegex(StreamInterruptedError, "more than 10000 characters"):
                    list(read_events(pieces))
