import { test } from "node:test";
import { killSessions } from "../harness/kill-sessions.ts";

// A sample: `npm run soak -- sessions` makes 40 of them with the same checks.
test("after kills amidst turns, tools and approvals no log has a gap, and no tool ran twice", async () => {
  await killSessions({ kills: 2, seed: 7 });
});
