"""The server that the tests of the repository start: its address and key are in the environment."""

from __future__ import annotations

import os
import unittest
from typing import Any

from gantry_client import AsyncClaudeClient, ClaudeClient


@unittest.skipUnless("GANTRY_URL" in os.environ, "GANTRY_URL names no server")
class ServerTest(unittest.TestCase):
    """A test that asks a real server, which runs the demo model."""

    def client(self, **settings: Any) -> ClaudeClient:
        return ClaudeClient(**settings)

    def asynchronous(self, **settings: Any) -> AsyncClaudeClient:
        return AsyncClaudeClient(**settings)


def bash(command: str, say: str) -> str:
    """What makes the demo model call a tool, and say something behind it."""
    return f'[[demo:tool Bash {{"command":"{command}"}}]] [[demo:say {say}]]'
