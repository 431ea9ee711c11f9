"""The Python examples of the former task service's pages, as they stand.

In each, three things are exchanged and nothing else: the address of the service, the key, and the names of its own modules. What an
example takes for given, such as ``load_documents``, is given to it.
"""

import contextlib
import io
import re
import sys
import types
from pathlib import Path
from typing import Any, Callable, Dict
from unittest.mock import patch

from gantry_client import BatchResults, ClaudeClient, PermissionDeniedError, Task
from server_under_test import ServerTest

EXAMPLES = Path(__file__).parent / "service_examples"


class ServiceExamplesTest(ServerTest):
    def run_example(self, name: str, **given: Any) -> Dict[str, Any]:
        source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
        client = self.client()
        changes = (
            (r'"http://localhost:(8006|8080)"', repr(client.base_url)),
            (r'api_key="(YOUR_API_KEY|\.\.\.)"', f"api_key={client._transport.server.api_key!r}"),
            (r"^from (client|src\.auth|src\.permission_manager) import", "from gantry_client import"),
        )
        for pattern, replacement in changes:
            source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
        names: Dict[str, Any] = {"__name__": name, **given}
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, name, "exec"), names)
        return {**names, "printed": printed.getvalue()}

    def test_the_client_library_of_both_pages(self) -> None:
        agentic = self.run_example("agentic_client")
        self.assertRegex(agentic["printed"], r"(?s)^.+\nCost: \$\d\.\d{4}\n.+")
        self.assertEqual(agentic["result"].status, "completed")
        self.assertEqual([item.status for item in agentic["results"]], ["completed"] * 3)
        prototype = self.run_example("prototype_client")
        self.assertRegex(prototype["printed"], r"(?s)^.+\nCost: \$\d\.\d{4}\n.+")
        self.assertEqual((len(prototype["results"]), prototype["results"].failed), (3, 0))
        self.assertEqual(prototype["client"].get_usage()["total_tokens"] > 0, True)

    def test_tasks_with_agents_skills_and_tools(self) -> None:
        chatbot = self.run_example("agentic_chatbot")["response"]
        analysis = self.run_example("agentic_analysis", client=self.client())["analysis"]
        for task in (chatbot, analysis):
            self.assertIsInstance(task, Task)
            self.assertEqual(task.status, "completed", task.error)
        documents = self.run_example("agentic_documents", client=self.client(), load_documents=lambda: ["one", "two"])
        self.assertIsInstance(documents["results"], BatchResults)
        self.assertEqual([item.error for item in documents["results"]], [None, None])

    def test_the_routing_and_the_use_cases_of_the_prototype(self) -> None:
        self.run_example("prototype_routing", client=self.client())
        analyze = self.run_example("prototype_analysis", ClaudeClient=ClaudeClient)["analyze_code"]
        self.assertNotEqual(analyze("print(1)"), "")
        summaries = self.run_example("prototype_documents", ClaudeClient=ClaudeClient, load_documents=lambda: ["one", "two"])["summaries"]
        self.assertEqual([item.status for item in summaries], ["completed", "completed"])

    def test_the_web_application(self) -> None:
        # The web framework is no part of this: its place takes what remembers the functions by their addresses.
        class FastAPI:
            def __init__(self) -> None:
                self.routes: Dict[str, Callable[..., Any]] = {}

            def post(self, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
                return lambda function: self.routes.setdefault(path, function)

        framework = types.ModuleType("fastapi")
        setattr(framework, "FastAPI", FastAPI)
        with patch.dict(sys.modules, fastapi=framework):
            app = self.run_example("prototype_web")["app"]
        self.assertNotEqual(app.routes["/chat"]("Hello")["reply"], "")

    def test_keys_and_their_permissions(self) -> None:
        key = self.run_example("agentic_keys")["api_key"]
        client = self.client(api_key=key)
        self.assertNotEqual(client.complete("Hello", model="haiku").content, "")
        held = self.client().request("GET", f"/v1/admin/profiles/key-{key.split('_')[1].lower()}")
        self.assertEqual((held["allowedTools"], held["maxCostPerTaskMicros"]), (["Read", "Grep"], 500_000))
        with self.assertRaises(PermissionDeniedError):
            client.agentic_task("Look.", allow_tools=["Read"], max_cost=0.6)
