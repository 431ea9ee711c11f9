import type Anthropic from "@anthropic-ai/sdk";
import type { Webhook } from "@gantry/contracts/webhooks";
import type { Interaction } from "@gantry/contracts/interactions";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { readApi } from "../harness/admin.ts";
import { assertSample } from "../harness/assert-sample.ts";
import { readBlocks } from "../harness/pages.ts";
import { type Managed, startManaged } from "../managed/start-managed.ts";
import { type Endpoint, startEndpoint } from "./webhook-under-test.ts";

interface Told {
  readonly data: { readonly type: string; readonly id: string };
  readonly gantry?: { readonly answer_links: readonly { readonly interaction_id: string; readonly url: string }[] };
}

/** The path of the link that an endpoint was sent for a session. */
async function awaitLink({ received, until }: Endpoint, sessionId: string): Promise<string> {
  for (;;) {
    const seen = received.length;
    for (const { body } of received) {
      const { data, gantry } = JSON.parse(body) as Told;
      const url = data.id === sessionId ? gantry?.answer_links[0]?.url : undefined;
      if (url !== undefined) return url.replace("https://gantry.example.com/base", "");
    }
    await until(seen + 1);
  }
}

/** A session that waits for leave to run a command. */
async function startWaiting({ client }: Managed, command: string, approvals: object = {}): Promise<string> {
  const { agents, environments, sessions } = client.beta;
  const configs = [{ name: "bash" as const, permission_policy: { type: "always_ask" as const } }];
  const tools = [{ type: "agent_toolset_20260401" as const, configs }];
  const agent = await agents.create({ name: "worker", model: "haiku", tools });
  const environment = await environments.create({ name: "here" });
  const wanted = { agent: agent.id, environment_id: environment.id, gantry: { approvals } };
  const { id } = await sessions.create(wanted as Anthropic.Beta.Sessions.SessionCreateParams);
  const text = `[[demo:tool Bash ${JSON.stringify({ command })}]]`;
  await sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] });
  return id;
}

/** Both messages are those that the page shows: one without links and, of one with links, what they add to it. */
function assertShown(plain = "", linked = ""): void {
  const [event, addition, ...others] = readBlocks("docs/webhooks.md", "json").map(({ code }): unknown =>
    JSON.parse(code),
  );
  assert.deepEqual(others, []);
  assertSample(event, JSON.parse(plain));
  const { gantry } = JSON.parse(linked.replace("example.com/base/", "example.com/")) as Told;
  assertSample(addition, { gantry });
}

async function ask({ gantry }: Managed, path: string, form?: Readonly<Record<string, string>>) {
  const options = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
  const response = await fetch(`${gantry.url}${path}`, options);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const readInteraction = async ({ gantry }: Managed, sessionId: string): Promise<Interaction> => {
  const path = `/v1/interactions?session_id=${sessionId}&states=open&states=answered&states=expired`;
  const { data } = await readApi<{ data: readonly [Interaction] }>(gantry, "GET", path);
  return data[0];
};

test("whoever holds a webhook's link may decide: once, after a restart too, and nothing but what it is for", async (t) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-links-"));
  const data = join(folder.path, "data");
  const [endpoint, plain] = [await startEndpoint(t), await startEndpoint(t)];
  const privateHosts = [endpoint.url, plain.url].map((url) => new URL(url).host);
  const publicUrl = "https://gantry.example.com/base/";
  const env = { GANTRY_WEBHOOKS: JSON.stringify({ privateHosts, publicUrl }) };
  let managed = await startManaged({ data, env });
  // Before its folder goes.
  await using _stopped = { [Symbol.asyncDispose]: () => managed.gantry.stop() };
  const add = { projectId: "default", events: ["session.requires_action"] };
  const wanted = { ...add, url: endpoint.url, answerLinks: true };
  const webhook = await readApi<Webhook>(managed.gantry, "POST", "/v1/admin/webhooks", wanted);
  assert.equal(webhook.answerLinks, true);
  await readApi<Webhook>(managed.gantry, "POST", "/v1/admin/webhooks", { ...add, url: plain.url });

  // Four eyes: the link is the webhook's, and not of the key that sent the work.
  const command = "echo '<script>alert(1)</script>' \u202E && true";
  const sessionId = await startWaiting(managed, command, { four_eyes: true });
  const link = await awaitLink(endpoint, sessionId);
  await plain.until(1);
  assertShown(plain.received[0]?.body, endpoint.received[0]?.body);

  // Looking decides nothing, however often, and shows text as text.
  for (let index = 0; index < 3; index++) {
    const page = await ask(managed, link);
    assert.equal(page.status, 200);
    assert.match(page.text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
    assert.ok(!page.text.includes("<script") && !page.text.includes("\u202E"));
    assert.match(page.headers.get("content-security-policy") ?? "", /^default-src 'none'/);
    assert.deepEqual(
      ["cache-control", "referrer-policy", "x-frame-options"].map((name) => page.headers.get(name)),
      ["no-store", "no-referrer", "DENY"],
    );
  }
  const head = await fetch(`${managed.gantry.url}${link}`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal((await readInteraction(managed, sessionId)).state, "open");

  // Another interaction, another webhook, a later end, another signature: each is refused, and so is nothing at all.
  const token = new URL(link, "http://gantry").searchParams.get("token") ?? "";
  const [id = "", hook = "", expires = "", signature = ""] = token.split(".");
  const forged = [
    [`${id}x`, hook, expires, signature],
    [id, `${hook}x`, expires, signature],
    [id, hook, `${expires}0`, signature],
    [id, hook, expires, `${signature.slice(0, -2)}xx`],
    [id, hook, expires, ""],
    [id, hook, expires, signature, "more"],
  ];
  for (const bad of [...forged.map((each) => each.join(".")), "", "%00"]) {
    const path = `/v1/interactions/answer?token=${bad}`;
    for (const answer of [await ask(managed, path), await ask(managed, path, { decision: "allow" })]) {
      assert.equal(answer.status, 403, `${bad} ${answer.text}`);
      assert.match(answer.text, /not genuine/);
    }
  }
  assert.equal((await ask(managed, "/v1/interactions/answer")).status, 400);
  for (const bad of [{}, { decision: "maybe" }, { decision: "allow", input: "{}" }]) {
    assert.equal((await ask(managed, link, bad as Record<string, string>)).status, 400);
  }
  const asJson = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
  assert.equal((await fetch(`${managed.gantry.url}${link}`, asJson)).status, 415);
  assert.equal((await readInteraction(managed, sessionId)).state, "open");

  await managed.gantry.kill9();
  managed = await startManaged({ data, env });
  // All at once: one of them decides, and the others are told that.
  const answers = await Promise.all([
    ask(managed, link, { decision: "deny", message: "Not today." }),
    ask(managed, link, { decision: "allow" }),
    ask(managed, link, { decision: "allow" }),
  ]);
  const decided = await readInteraction(managed, sessionId);
  assert.equal(decided.decided_by, `webhook:${webhook.id}`);
  const isAllowed = decided.decision?.decision === "allow";
  assert.deepEqual(
    answers.map(({ status }) => status),
    isAllowed ? [409, 200, 200] : [200, 409, 409],
  );
  const late = await ask(managed, link, { decision: isAllowed ? "deny" : "allow" });
  assert.equal(late.status, 409);
  assert.match(late.text, new RegExp(`answered with \\w+ by webhook:${webhook.id}`));
  assert.match((await ask(managed, link)).text, new RegExp(`by webhook:${webhook.id}`));

  const { data: rows } = await readApi<{ data: readonly { action: string; actor: string; detail: string }[] }>(
    managed.gantry,
    "GET",
    "/v1/audit?limit=100",
  );
  const row = rows.find(({ action, detail }) => action === "interaction.answered" && detail.includes("link"));
  assert.match(JSON.stringify(row), new RegExp(`by a link of webhook:${webhook.id}`));

  // Switched off and on again, the links of before are withdrawn.
  const other = await startWaiting(managed, "echo other", { deadline_seconds: 600 });
  const second = await awaitLink(endpoint, other);
  assert.equal((await ask(managed, second)).status, 200);
  for (const answerLinks of [false, true]) {
    await readApi(managed.gantry, "PATCH", `/v1/admin/webhooks/${webhook.id}`, { answerLinks });
    assert.equal((await ask(managed, second, { decision: "allow" })).status, 403);
  }
  for (const said of [managed.gantry.stdout(), managed.gantry.stderr()]) assert.ok(!said.includes(signature));

  // After the deadline it is told that nobody may answer any more.
  const third = await startWaiting(managed, "echo late", { deadline_seconds: 1 });
  const old = await awaitLink(endpoint, third);
  while ((await readInteraction(managed, third)).state === "open") await pause(50);
  const tooLate = await ask(managed, old, { decision: "allow" });
  assert.equal(tooLate.status, 409);
  assert.match(tooLate.text, /expired by deadline/);
});
