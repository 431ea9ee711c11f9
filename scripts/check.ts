// `npm run check`: what can be known in seconds. Format, lint, types, dead code, unit tests.
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSteps, staticSteps } from "./run-steps.ts";
import { testEnvironment } from "./test-environment.ts";

await using home = await mkdtempDisposable(join(tmpdir(), "gantry-check-"));
const unitTests = {
  name: "unit tests",
  command: [process.execPath, "--test", "--test-timeout=300000", "test/unit.test.ts"],
  // The runner's own timeout cannot end a test that never yields.
  options: { env: testEnvironment(home.path), minutes: 15 },
} as const;

if (!(await runSteps([...staticSteps, unitTests]))) process.exitCode = 1;
