import type { Webhook } from "@gantry/contracts/webhooks";
import assert from "node:assert/strict";
import { test } from "node:test";
import { readApi } from "../harness/admin.ts";
import { startManaged } from "../managed/start-managed.ts";
import { startEndpoint } from "./webhook-under-test.ts";

test("what becomes of agents and environments is told to webhooks, each change once", async (t) => {
  const endpoint = await startEndpoint(t);
  const env = { GANTRY_WEBHOOKS: JSON.stringify({ privateHosts: [new URL(endpoint.url).host] }) };
  const { gantry, client, clientOf } = await startManaged({ env });
  t.after(() => gantry.stop());
  await readApi<Webhook>(gantry, "POST", "/v1/admin/webhooks", { projectId: "default", url: endpoint.url });
  const elsewhere = await clientOf(["sessions"], "elsewhere");
  await elsewhere.beta.agents.create({ name: "of another project", model: "haiku" });

  const { agents, environments } = client.beta;
  const agent = await agents.create({ name: "worker", model: "haiku" });
  await agents.update(agent.id, { version: 1, name: "renamed" });
  // No change, no version and nothing to tell.
  await agents.update(agent.id, { version: 2, name: "renamed" });
  const environment = await environments.create({ name: "here" });
  await environments.update(environment.id, { name: "there" });
  for (let index = 0; index < 2; index++) {
    await agents.archive(agent.id);
    await environments.archive(environment.id);
  }
  await environments.delete(environment.id);

  await endpoint.until(7);
  const told = endpoint.received.map(({ body }) => JSON.parse(body) as { data: { type: string; id: string } });
  assert.deepEqual(told.map(({ data }) => `${data.type} ${data.id}`).toSorted(), [
    `agent.archived ${agent.id}`,
    `agent.created ${agent.id}`,
    `agent.updated ${agent.id}`,
    `environment.archived ${environment.id}`,
    `environment.created ${environment.id}`,
    `environment.deleted ${environment.id}`,
    `environment.updated ${environment.id}`,
  ]);
});
