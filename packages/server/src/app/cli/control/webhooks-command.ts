import type { Webhook, WebhookDelivery, WebhookUpdate } from "@gantry/contracts/webhooks";
import type { Flag } from "../commands.ts";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { durationFlag, listFlag, onOffFlag, textFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { toProjectId } from "./project-id.ts";
import { showList, showTime } from "./show-value.ts";
import { toDetails } from "./table.ts";

const webhooks = "/v1/admin/webhooks";
const settings: readonly Flag[] = [
  {
    name: "events",
    value: "TYPES",
    meaning: "Types with commas between (session.status_idled); * for all.",
  },
  { name: "description", value: "TEXT", meaning: "A note of your own." },
  {
    name: "answer-links",
    value: "on|off",
    choices: ["on", "off"],
    meaning: "Whether events bring links by which whoever holds them may answer agents.",
  },
];

const list: Action = {
  summary: "List webhooks, newest first.",
  flags: [{ name: "project", value: "ID|NAME", meaning: "Only those of this project." }, limitFlag],
  examples: ["gantry webhooks list", "gantry webhooks list --project team-a --json"],
  async run(call) {
    const project = textFlag(call.flags, "project");
    const query = { project_id: project === undefined ? undefined : await toProjectId(call.api, project) };
    const titles = ["id", "project", "url", "events", "state"].map((title) => ({ title }));
    return await showRows<Webhook>(call, webhooks, query, titles, (webhook) => [
      webhook.id,
      webhook.projectId,
      webhook.url,
      showList(webhook.events),
      toState(webhook, call.now),
    ]);
  },
};

const add: Action = {
  summary: "Create a webhook. Its secret is shown this once.",
  flags: [
    { name: "project", value: "ID|NAME", meaning: "The project it belongs to.", required: true },
    { name: "to", value: "ADDRESS", meaning: "Where events are posted to.", required: true },
    ...settings,
  ],
  examples: ["gantry webhooks add --project team-a --to https://hooks.example.com/gantry"],
  async run(call) {
    const { flags, api } = call;
    const body = { url: textFlag(flags, "to"), ...readSettings(call) };
    const projectId = await toProjectId(api, textFlag(flags, "project") ?? "");
    return showWithSecret(call, await api.send("POST", webhooks, { ...body, projectId }));
  },
};

const read: Action = {
  summary: "Show a webhook, without its secret.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry webhooks show whk_abc"],
  run: async (call) => show(call, await call.api.read(pathOf(call))),
};

const update: Action = {
  summary: "Change a webhook.",
  operands: ["ID"],
  flags: [{ name: "to", value: "ADDRESS", meaning: "Where events are posted to." }, ...settings],
  examples: ["gantry webhooks update whk_abc --events session.status_idled,session.requires_action"],
  run: (call) => change(call, { url: textFlag(call.flags, "to"), ...readSettings(call) }),
};

const disable: Action = {
  summary: "Send a webhook nothing until it is enabled again.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry webhooks disable whk_abc"],
  run: (call) => change(call, { disabled: true }),
};

const enable: Action = {
  summary: "Send a disabled webhook what waits for it and what comes.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry webhooks enable whk_abc"],
  run: (call) => change(call, { disabled: false }),
};

const rotate: Action = {
  summary: "Give a webhook a new secret, shown this once.",
  operands: ["ID"],
  flags: [
    {
      name: "overlap",
      value: "TIME",
      meaning: "How long the old secret signs as well, such as 1h.",
    },
  ],
  examples: ["gantry webhooks rotate whk_abc --overlap 24h"],
  async run(call) {
    const overlapSeconds = Math.round((durationFlag(call.flags, "overlap") ?? 0) / 1000);
    return showWithSecret(call, await call.api.send("POST", `${pathOf(call)}/rotate`, { overlapSeconds }));
  },
};

const remove: Action = {
  summary: "Delete a webhook with what waits for it and its log.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry webhooks delete whk_abc"],
  run: async (call) => show(call, await call.api.send("DELETE", pathOf(call))),
};

const test: Action = {
  summary: "Send a webhook an event of type webhook.test.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry webhooks test whk_abc"],
  run: async (call) => showDelivery(call, await call.api.send("POST", `${pathOf(call)}/test`)),
};

const deliveries: Action = {
  summary: "List what a webhook got or is to get, newest first.",
  operands: ["ID"],
  flags: [limitFlag],
  examples: ["gantry webhooks deliveries whk_abc"],
  async run(call) {
    const titles = ["id", "type", "state", "attempts", "last answer", "created", "next"].map((title) => ({ title }));
    return await showRows<WebhookDelivery>(call, `${pathOf(call)}/deliveries`, {}, titles, (delivery) => [
      delivery.id,
      delivery.type,
      delivery.state,
      String(delivery.attempts),
      toAnswer(delivery),
      showTime(delivery.createdAt),
      showTime(delivery.nextAttemptAt),
    ]);
  },
};

const redeliver: Action = {
  summary: "Send a delivery again, whatever became of it.",
  operands: ["DELIVERY"],
  flags: [],
  examples: ["gantry webhooks redeliver whk_abc.event_123"],
  async run(call) {
    const delivery = operandOf(call);
    // A delivery's id begins with that of its webhook.
    const webhook = encodeURIComponent(delivery.split(".")[0] ?? "");
    const path = `${webhooks}/${webhook}/deliveries/${encodeURIComponent(delivery)}/redeliver`;
    return showDelivery(call, await call.api.send("POST", path));
  },
};

export const webhooksCommand: ControlCommand = {
  summary: "Webhooks: add, test, rotate, and the log of deliveries.",
  actions: { list, add, show: read, update, disable, enable, rotate, delete: remove, test, deliveries, redeliver },
};

const pathOf = (call: ActionCall): string => `${webhooks}/${encodeURIComponent(operandOf(call))}`;

function readSettings({ flags }: ActionCall) {
  return {
    events: listFlag(flags, "events"),
    description: textFlag(flags, "description"),
    answerLinks: onOffFlag(flags, "answer-links"),
  };
}

async function change(call: ActionCall, changes: { [Field in keyof WebhookUpdate]: unknown }): Promise<number> {
  return show(call, await call.api.send("PATCH", pathOf(call), changes));
}

function toState({ disabled, failuresInARow, pausedUntil }: Webhook, now: number): string {
  if (disabled) return failuresInARow > 0 ? `disabled after ${failuresInARow} failures` : "disabled";
  if (pausedUntil > now) return `rests until ${showTime(pausedUntil)}`;
  return failuresInARow > 0 ? `${failuresInARow} failures` : "active";
}

function toAnswer({ lastStatus, lastError }: WebhookDelivery): string {
  return lastError ?? (lastStatus === null ? "" : String(lastStatus));
}

function describe(webhook: Webhook, now: number): [string, string][] {
  return [
    ["id", webhook.id],
    ["project", webhook.projectId],
    ["url", webhook.url],
    ["events", showList(webhook.events)],
    ["state", toState(webhook, now)],
    ["description", webhook.description],
    ["created", showTime(webhook.createdAt)],
  ];
}

function show({ output, now }: ActionCall, answer: unknown): number {
  return output.show(answer, () => toDetails(describe(answer as Webhook, now))); // The server's own contract.
}

function showWithSecret({ output, now }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const webhook = answer as Webhook & { readonly secret: string };
    return `${toDetails([...describe(webhook, now), ["secret", webhook.secret]])}\n\nKeep the secret now: it is shown this once.`;
  });
}

function showDelivery({ output }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const delivery = answer as WebhookDelivery;
    return toDetails([
      ["id", delivery.id],
      ["type", delivery.type],
      ["state", delivery.state],
      ["next", showTime(delivery.nextAttemptAt)],
    ]);
  });
}
