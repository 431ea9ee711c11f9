// A receiver of webhooks, as between Gantry and a workflow tool such as n8n: it checks the signature, answers what an agent asks by a list of
// commands that need no person, leaves the rest to people, and hands the end of each task to the workflow.
//
//   gantry webhooks add --project default --to https://hooks.example.com/gantry --events webhook.test --json   # id and secret, shown once
//   GANTRY_API_KEY=gk_… GANTRY_WEBHOOK_SECRET=whsec_… N8N_WEBHOOK_URL=https://n8n.example.com/webhook/… \
//     ALLOWED_COMMANDS='npm test,git status' node examples/webhook-receiver.ts
//
// The workflow starts work by its HTTP node: `POST /v1/task` with `{"description": …, "webhook": "THE ID", "wait": 0}`.
// Needs: Node 24, `npm install @anthropic-ai/sdk` for the check of signatures; a key with the scopes `tasks` and `approve`. PORT (8080),
// HOST (127.0.0.1, behind a proxy with TLS).
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import Anthropic from "@anthropic-ai/sdk";
import { createGantry, GantryError } from "@gantry/sdk";

const { GANTRY_URL = "http://127.0.0.1:8006", PORT = "8080", HOST = "127.0.0.1", ALLOWED_COMMANDS = "" } = process.env;
const { GANTRY_API_KEY: apiKey, GANTRY_WEBHOOK_SECRET: secret, N8N_WEBHOOK_URL: workflow } = process.env;
if (!apiKey || !secret || !workflow) {
  console.error("Set GANTRY_API_KEY, GANTRY_WEBHOOK_SECRET and N8N_WEBHOOK_URL.");
  process.exit(2);
}
const gantry = createGantry({ baseUrl: GANTRY_URL, apiKey });
const verifier = new Anthropic({ apiKey: "not-needed-here" });
const allowed = new Set(ALLOWED_COMMANDS.split(",").map((command) => command.trim()));
/** Deliveries come at least once. What is done twice here would do no harm; a workflow might not say that. */
const seen = new Set<string>();

interface Told {
  readonly id: string;
  readonly data: { readonly type: string; readonly id: string };
}

/** Allows what is on the list, to the letter. The first answer counts, so a person may have been faster. */
async function answerQuestions(taskId: string): Promise<void> {
  for (const id of (await gantry.tasks.get(taskId)).interactions) {
    const { tool, input } = await gantry.interactions.get(id);
    const command = String(input["command"]);
    if (tool !== "Bash" || !allowed.has(command)) {
      console.log(`${taskId}: left to a person: ${tool} ${JSON.stringify(input)}`);
      continue;
    }
    const answer = { decision: "allow", message: "It is on the list of harmless commands." } as const;
    const note = await gantry.interactions.answer(id, answer).then(() => "allowed", toNote);
    console.log(`${taskId}: ${note}: ${command}`);
  }
}

function toNote(error: unknown): string {
  if (error instanceof GantryError && error.code === "conflict") return "answered by somebody else";
  throw error;
}

/** Webhooks are thin: what happened is read with the receiver's own key. */
async function handOver(taskId: string, type: string): Promise<void> {
  const { status, result, usage } = await gantry.tasks.get(taskId);
  const body = { id: taskId, type, status, result, cost: usage.total_cost };
  const headers = { "content-type": "application/json" };
  const response = await fetch(workflow ?? "", { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the workflow answered ${response.status}`);
  console.log(`${taskId}: ${status}`);
}

async function receive(body: string, headers: Record<string, string>): Promise<number> {
  let event: Told;
  try {
    // Refuses what is not signed with the secret, and what is older than five minutes.
    event = verifier.beta.webhooks.unwrap(body, { headers, key: secret ?? "" }) as unknown as Told;
  } catch {
    return 401;
  }
  if (seen.has(event.id)) return 204;
  const { type, id } = event.data;
  if (type === "task.requires_action") await answerQuestions(id);
  else if (type.startsWith("task.")) await handOver(id, type);
  // Only what was done is remembered: after a failure Gantry delivers again.
  seen.add(event.id);
  return 204;
}

const server = createServer((request, response) => {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  // Anybody may knock: what has no bound, or is longer than a webhook ever is, is not read.
  const isShort = Number(headers["content-length"] ?? Infinity) <= 65_536;
  const status = isShort ? text(request).then((body) => receive(body, headers)) : Promise.resolve(413);
  status
    .catch((error: unknown) => {
      console.error(String(error));
      return 500;
    })
    .then((status) => response.writeHead(request.method === "POST" ? status : 405).end());
});
await once(server.listen(Number(PORT), HOST), "listening");
console.log(`listens on http://${HOST}:${(server.address() as AddressInfo).port}`);
process.once("SIGTERM", () => server.close());
