// Code analysis: an agent reads a code base with read-only tools and gives typed findings, with its progress shown while it works.
//
//   gantry directories add shop ~/src/shop
//   GANTRY_API_KEY=gk_… node examples/code-analysis.ts shop "Where could input from outside reach a shell?"
//
// The agent works on a private copy of the registered directory, may read and search it, run nothing and reach nothing, and costs at most
// a dollar. Exit code: 0, or 1 where a finding is of high severity.
// Needs: Node 24; a key with the scope `tasks` whose profile may use the directory (the admin key may). GANTRY_URL where the server is elsewhere.
import { createGantry, GantryError, type TaskUpdate } from "@gantry/sdk";
import { z } from "zod";

const { GANTRY_URL = "http://127.0.0.1:8006", GANTRY_API_KEY, MODEL = "sonnet" } = process.env;
const [directory, question = "Which bugs and which security problems are there?"] = process.argv.slice(2);
if (!GANTRY_API_KEY || directory === undefined) {
  console.error("Usage: GANTRY_API_KEY=gk_… node examples/code-analysis.ts DIRECTORY [QUESTION]");
  process.exit(2);
}
const gantry = createGantry({ baseUrl: GANTRY_URL, apiKey: GANTRY_API_KEY });

const analysis = z.object({
  findings: z.array(
    z.object({
      file: z.string().describe("relative to the directory"),
      line: z.int().min(1),
      severity: z.enum(["high", "medium", "low"]),
      title: z.string().describe("one line"),
      fix: z.string().describe("what to do about it, in a sentence"),
    }),
  ),
});

/** What the agent does, as it does it. */
function showProgress(update: TaskUpdate): void {
  if (update.type === "task.queued") console.error(`waiting, place ${update.queue_position}`);
  if (update.type === "agent.tool_use") console.error(`${update.name} ${JSON.stringify(update.input)}`);
}

try {
  const task = await gantry.tasks.run(
    {
      description: `Analyse the code in your working directory. ${question}
Look before you judge: open each file that you report, and give the line where it is. Report nothing that you have not seen.`,
      working_directory: directory,
      allow_tools: ["Read", "Glob", "Grep"],
      model: MODEL,
      timeout: 600,
      max_cost: 1,
      schema: analysis,
    },
    { onUpdate: showProgress },
  );
  const order = ["high", "medium", "low"];
  const findings = task.object.findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  for (const { severity, file, line, title, fix } of findings) {
    console.log(`${severity.toUpperCase()} ${file}:${line} ${title}\n  ${fix}`);
  }
  console.log(`${findings.length} findings, $${task.usage.total_cost.toFixed(4)}`);
  process.exitCode = findings.some(({ severity }) => severity === "high") ? 1 : 0;
} catch (error) {
  if (!(error instanceof GantryError)) throw error;
  console.error(`${error.message} (${error.code})`);
  process.exitCode = 2;
}
