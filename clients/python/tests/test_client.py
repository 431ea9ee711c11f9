from gantry_client import (
    AuthenticationError,
    Completion,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    StreamInterruptedError,
)
from server_under_test import ServerTest, bash


class ClientTest(ServerTest):
    def test_an_answer_has_its_text_its_cost_and_its_usage(self) -> None:
        answer = self.client().complete("[[demo:say Grüße.]]", model="haiku", system="Be short.", max_tokens=5000, timeout=120)
        self.assertIsInstance(answer, Completion)
        self.assertEqual((answer.content, str(answer), answer.finish_reason), ("Grüße.", "Grüße.", "stop"))
        self.assertTrue(answer.priced and answer.cost > 0)
        self.assertEqual(answer.usage.input_tokens + answer.usage.output_tokens, answer.usage.total_tokens)
        self.assertIn("haiku", answer.model)

    def test_a_conversation_before_the_prompt(self) -> None:
        before = [{"role": "user", "content": "One"}, {"role": "assistant", "content": "Two"}]
        answer = self.client().complete("[[demo:echo]]", model="haiku", system="Be short.", messages=before)
        for told in ("Be short.", "One", "Two"):
            self.assertIn(told, answer.content)

    def test_a_stream_comes_piece_by_piece_and_may_be_left(self) -> None:
        with self.client() as client:
            pieces = list(client.stream("[[demo:tokens 20]]", model="haiku"))
            self.assertGreater(len(pieces), 1)
            with client.stream("[[demo:tokens 2000]][[demo:pace 100]]", model="haiku") as stream:
                self.assertNotEqual(next(stream), "")
            self.assertEqual(list(stream), [])

    def test_a_failure_in_mid_stream_is_raised(self) -> None:
        with self.assertRaises((ServerError, StreamInterruptedError)):
            list(self.client(max_retries=0).stream("[[demo:tokens 5]][[demo:drop]]", model="haiku"))

    def test_a_batch_of_prompts_and_tasks_with_its_progress(self) -> None:
        seen = []
        results = self.client().batch(
            [
                "[[demo:say one]]",
                {"id": "second", "prompt": "[[demo:say two]]"},
                {"description": "[[demo:say three]]", "allow_tools": ["Read"]},
                "[[demo:status 400]]",
            ],
            model="haiku",
            parallel=True,
            on_progress=lambda progress: seen.append(len(progress)),
        )
        self.assertEqual([item.content for item in results], ["one", "two", "three", ""])
        self.assertEqual([item.ok for item in results], [True, True, True, False])
        self.assertEqual((results.total, results.completed, results.failed, results[1].id), (4, 3, 1, "second"))
        self.assertTrue(results[-1].error and results.total_cost > 0 and results[0].cost > 0)
        self.assertEqual((seen, seen[-1]), (sorted(set(seen)), 4))
        small = self.client().batch(["[[demo:say a]]"], model="haiku", parallel=False)
        self.assertEqual((small[0].content, len(small[0:1])), ("a", 1))

    def test_a_batch_that_is_cancelled(self) -> None:
        batches = self.client().batches
        begun = batches.start(["[[demo:delay 60000]]"] * 2, model="haiku")
        assert begun.id is not None
        self.assertFalse(begun.ended)
        self.assertEqual(batches.cancel(begun.id).id, begun.id)
        self.assertEqual(batches.wait(begun.id).status, "cancelled")

    def test_a_task_with_tools_and_its_files(self) -> None:
        client = self.client()
        task = client.agentic_task(
            description=bash("echo 42 > answer.txt", "Done."), allow_tools=["Bash"], timeout=120, max_cost=0.5, model="haiku"
        )
        self.assertEqual((task.status, task.ok, task.content, task.summary, task.error), ("completed", True, "Done.", "Done.", None))
        self.assertTrue(task.cost > 0 and task.usage.total_tokens > 0 and task.execution_log)
        self.assertEqual([artifact.path for artifact in client.tasks.artifacts(task.task_id)], ["answer.txt"])
        self.assertEqual(client.tasks.read_artifact(task, "answer.txt"), b"42\n")

    def test_a_task_that_is_watched_and_cancelled(self) -> None:
        tasks = self.client().tasks
        task = tasks.start(bash("sleep 300", "x"), allow_tools=["Bash"], model="haiku")
        types = []
        for news in tasks.watch(task.task_id):
            types.append(news.type)
            if news.type == "agent.tool_use":
                tasks.cancel(task.task_id)
        self.assertEqual((types[-1].split(".")[0] in ("task", "session"), "agent.tool_use" in types), (True, True))
        self.assertEqual(tasks.wait(task.task_id).status, "cancelled")

    def test_usage_health_capabilities_and_route(self) -> None:
        client = self.client()
        client.complete("[[demo:say x]]", model="haiku")
        self.assertGreater(client.get_usage(period="day")["total_tokens"], 0)
        self.assertEqual(client.health()["status"], "ok")
        self.assertIn("agents", client.capabilities())
        self.assertIn(client.route("Design a system", 50)["recommended_model"], ("haiku", "sonnet", "opus"))
        self.assertIn("data", client.request("GET", "/v1/models"))

    def test_refusals_have_their_class_code_and_request(self) -> None:
        client = self.client()
        with self.assertRaises(NotFoundError) as missing:
            client.complete("x", model="no-such-model")
        self.assertEqual((missing.exception.code, missing.exception.status), ("model_not_found", 404))
        self.assertIsNotNone(missing.exception.request_id)
        with self.assertRaises(InvalidRequestError) as wrong:
            client.complete("x", model="haiku", max_tokens=-1)
        self.assertEqual((wrong.exception.code, wrong.exception.param), ("invalid_request", "max_tokens"))
        with self.assertRaises(AuthenticationError):
            self.client(api_key="gk_wrong").get_usage()
        with self.assertRaises((NotFoundError, PermissionDeniedError)):
            self.client(project_id="no-such-project").complete("x", model="haiku")
        with self.assertRaises(NotFoundError):
            client.tasks.wait("task_missing")
