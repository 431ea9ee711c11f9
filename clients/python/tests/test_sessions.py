from typing import List, Optional

from gantry_client import AgentMessage, Decision, Interaction, NotFoundError, SessionIdle, TextDelta, ToolResult, ToolUse, UserMessage
from server_under_test import ServerTest, bash

ASKING = [{"type": "agent_toolset_20260401", "configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}]}]


class SessionsTest(ServerTest):
    def start(self) -> str:
        self.sessions = self.client().sessions
        agent = self.sessions.create_agent("worker", model="haiku", tools=ASKING)
        return self.sessions.create(agent, self.sessions.create_environment("no network"), title="First").id

    def test_a_turn_with_an_approval_and_what_came_of_it(self) -> None:
        session = self.start()
        asked: List[Interaction] = []

        def decide(interaction: Interaction) -> Decision:
            asked.append(interaction)
            return Decision(allow=True, input={"command": "echo other words"})

        events = list(self.sessions.ask(session, bash("echo hello", "Done."), on_approval=decide))
        self.assertIsInstance(events[0], UserMessage)
        [interaction] = asked
        self.assertEqual((interaction.kind, interaction.session_id, interaction.input), ("approval", session, {"command": "echo hello"}))
        [use] = [event for event in events if isinstance(event, ToolUse)]
        [result] = [event for event in events if isinstance(event, ToolResult)]
        self.assertEqual((use.name, use.permission, result.tool_use_id, result.is_error), ("bash", "ask", use.id, False))
        self.assertIn("other words", result.text)
        self.assertEqual([event.text for event in events if isinstance(event, AgentMessage)], ["Done."])
        self.assertEqual([event.reason for event in events if isinstance(event, SessionIdle)], ["requires_action", "end_turn"])

        # The next turn is one of its own; this time the answer comes by the id of what is asked, and is told to the agent.
        interactions = self.client().interactions
        results = []
        for event in self.sessions.ask(session, bash("echo hello", "No then.")):
            if isinstance(event, SessionIdle) and event.needs_answer:
                [open_one] = interactions.list(session)
                self.assertEqual(interactions.get(open_one.id).state, "open")
                self.assertEqual(interactions.answer(open_one.id, False).state, "answered")
            if isinstance(event, ToolResult):
                results.append(event.is_error)
        self.assertEqual((results, self.sessions.get(session).open_interactions), ([True], 0))
        everything = self.sessions.list_events(session)
        places = [event.sequence for event in everything]
        self.assertEqual(places, list(range(1, len(places) + 1)))
        self.assertEqual(self.sessions.get(session).last_sequence, places[-1])

    def test_events_are_read_from_a_place_with_previews_and_the_turn_is_interrupted(self) -> None:
        session = self.start()
        sent = self.sessions.send(session, "[[demo:tokens 3000]][[demo:pace 20]]")
        end: Optional[SessionIdle] = None
        deltas = 0
        with self.sessions.events(session, after=sent.sequence or 0, previews=True) as events:
            for event in events:
                if isinstance(event, TextDelta):
                    deltas += 1
                    if deltas == 3:
                        self.sessions.interrupt(session)
                if isinstance(event, SessionIdle):
                    end = event
                    break
        assert end is not None
        self.assertEqual((end.reason, deltas >= 3), ("end_turn", True))
        first = next(self.sessions.events(session))
        self.assertEqual(first.sequence, 1)

    def test_archived_deleted_and_missing(self) -> None:
        session = self.start()
        self.assertEqual(self.sessions.archive(session).id, session)
        self.sessions.delete(session)
        for call in (lambda: self.sessions.get(session), lambda: next(self.sessions.events(session))):
            with self.assertRaises(NotFoundError):
                call()
