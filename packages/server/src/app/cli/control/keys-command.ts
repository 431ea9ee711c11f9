import type { ApiKey, KeyUpdate, RateLimits } from "@gantry/contracts/access";
import type { Flag } from "../commands.ts";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { FlagError } from "./flag-error.ts";
import { countFlag, durationFlag, listFlag, pairsFlag, textFlag, timeFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { toProjectId } from "./project-id.ts";
import { showList, showPairs, showTime } from "./show-value.ts";
import { toDetails } from "./table.ts";

const limitFlags = {
  requestsPerMinute: "requests-per-minute",
  tokensPerMinute: "tokens-per-minute",
  concurrent: "concurrent",
} as const satisfies Record<keyof RateLimits, string>;

const settings: readonly Flag[] = [
  {
    name: "scopes",
    value: "NAMES",
    meaning: "Of inference, tasks, sessions, approve, admin; inference alone at first.",
  },
  { name: "expires", value: "WHEN", meaning: "30d from now, or a time; `never` in an update." },
  { name: limitFlags.requestsPerMinute, value: "N", meaning: "Most requests a minute; `none` in an update." },
  { name: limitFlags.tokensPerMinute, value: "N", meaning: "Most tokens a minute; `none` in an update." },
  { name: limitFlags.concurrent, value: "N", meaning: "Most requests at one time; `none` in an update." },
  { name: "metadata", value: "PAIRS", meaning: "Notes of your own: NAME=VALUE with commas between." },
];

const list: Action = {
  summary: "List keys, newest first.",
  flags: [{ name: "project", value: "ID|NAME", meaning: "Only those of this project." }, limitFlag],
  examples: ["gantry keys list", "gantry keys list --project team-a --json"],
  async run(call) {
    const project = textFlag(call.flags, "project");
    const query = { project_id: project === undefined ? undefined : await toProjectId(call.api, project) };
    const titles = ["id", "name", "project", "profile", "scopes", "state", "last used"].map((title) => ({ title }));
    return await showRows<ApiKey>(call, "/v1/admin/keys", query, titles, (key) => [
      key.id,
      key.name,
      key.projectId,
      key.profile,
      showList(key.scopes),
      toState(key, call.now),
      showTime(key.lastUsedAt),
    ]);
  },
};

const create: Action = {
  summary: "Create a key. Its text is shown this once.",
  flags: [
    { name: "name", value: "NAME", meaning: "Its name.", required: true },
    { name: "project", value: "ID|NAME", meaning: "The project it belongs to.", required: true },
    { name: "profile", value: "NAME", meaning: "The permission profile it is under.", required: true },
    ...settings,
  ],
  examples: [
    "gantry keys create --name ci --project team-a --profile pro",
    "gantry keys create --name lead --project team-a --profile enterprise --scopes inference,tasks --expires 90d",
  ],
  async run(call) {
    const { flags, api } = call;
    const body = {
      name: textFlag(flags, "name"),
      profile: textFlag(flags, "profile"),
      scopes: listFlag(flags, "scopes"),
      expiresAt: timeFlag(flags, "expires", call.now, "ahead"),
      limits: withLimits({}, readLimitChanges(call)),
      metadata: pairsFlag(flags, "metadata"),
    };
    // The flags come first: a mistake in them needs no server.
    const projectId = await toProjectId(api, textFlag(flags, "project") ?? "");
    return showWithText(call, await api.send("POST", "/v1/admin/keys", { ...body, projectId }));
  },
};

const read: Action = {
  summary: "Show a key, without its text.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry keys show key_abc"],
  run: async (call) => show(call, await call.api.read(pathOf(call))),
};

const update: Action = {
  summary: "Change a key; metadata is replaced as a whole.",
  operands: ["ID"],
  flags: [
    { name: "name", value: "NAME", meaning: "Its new name." },
    { name: "profile", value: "NAME", meaning: "Its new profile." },
    ...settings,
  ],
  examples: ["gantry keys update key_abc --profile enterprise", "gantry keys update key_abc --expires never"],
  async run(call) {
    const { flags } = call;
    const limits = readLimitChanges(call);
    const body = {
      name: textFlag(flags, "name"),
      profile: textFlag(flags, "profile"),
      scopes: listFlag(flags, "scopes"),
      expiresAt: flags["expires"] === "never" ? null : timeFlag(flags, "expires", call.now, "ahead"),
      metadata: pairsFlag(flags, "metadata"),
    };
    if (limits.length === 0) return await change(call, body);
    // The API replaces the limits as a whole: what is not named is taken over. The answer has the server's own contract.
    const { limits: before } = (await call.api.read(pathOf(call))) as ApiKey;
    return await change(call, { ...body, limits: withLimits(before, limits) });
  },
};

const disable: Action = {
  summary: "Refuse a key until it is enabled again.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry keys disable key_abc"],
  run: (call) => change(call, { disabled: true }),
};

const enable: Action = {
  summary: "Take a disabled key again.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry keys enable key_abc"],
  run: (call) => change(call, { disabled: false }),
};

const rotate: Action = {
  summary: "Give a key a new text, shown this once.",
  operands: ["ID"],
  flags: [
    { name: "overlap", value: "TIME", meaning: "How long the old text stays good, such as 1h; not at all without it." },
  ],
  examples: ["gantry keys rotate key_abc", "gantry keys rotate key_abc --overlap 24h"],
  async run(call) {
    const overlapSeconds = Math.round((durationFlag(call.flags, "overlap") ?? 0) / 1000);
    return showWithText(call, await call.api.send("POST", `${pathOf(call)}/rotate`, { overlapSeconds }));
  },
};

const revoke: Action = {
  summary: "Refuse a key for good.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry keys revoke key_abc"],
  run: async (call) => show(call, await call.api.send("DELETE", pathOf(call))),
};

export const keysCommand: ControlCommand = {
  summary: "API keys: create, rotate, disable, revoke.",
  actions: { list, create, show: read, update, disable, enable, rotate, revoke },
};

const pathOf = (call: ActionCall): string => `/v1/admin/keys/${encodeURIComponent(operandOf(call))}`;

async function change(call: ActionCall, update: { [Field in keyof KeyUpdate]: unknown }): Promise<number> {
  return show(call, await call.api.send("PATCH", pathOf(call), update));
}

type LimitChange = readonly [keyof RateLimits, number | undefined];

/** The limits that flags name; undefined for those that are to go. */
function readLimitChanges({ flags }: ActionCall): readonly LimitChange[] {
  return (["requestsPerMinute", "tokensPerMinute", "concurrent"] as const)
    .filter((name) => flags[limitFlags[name]] !== undefined)
    .map((name) => {
      const flag = limitFlags[name];
      if (flags[flag] === "none") return [name, undefined];
      const count = countFlag(flags, flag) ?? 0;
      if (count < 1) throw new FlagError(flag, "a whole number from 1, or none", String(count));
      return [name, count];
    });
}

function withLimits(before: RateLimits, changes: readonly LimitChange[]): RateLimits {
  return { ...before, ...Object.fromEntries(changes) };
}

function toState({ revokedAt, disabled, expiresAt }: ApiKey, now: number): string {
  if (revokedAt !== null) return "revoked";
  if (expiresAt !== null && expiresAt <= now) return "expired";
  return disabled ? "disabled" : "active";
}

function show({ output, now }: ActionCall, answer: unknown): number {
  return output.show(answer, () => toDetails(describe(answer as ApiKey, now))); // The server's own contract.
}

function showWithText({ output, now }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const key = answer as ApiKey & { readonly key: string };
    return `${toDetails([...describe(key, now), ["key", key.key]])}\n\nKeep the key now: it is shown this once.`;
  });
}

function describe(key: ApiKey, now: number): [string, string][] {
  return [
    ["id", key.id],
    ["name", key.name],
    ["state", toState(key, now)],
    ["project", key.projectId],
    ["profile", key.profile],
    ["scopes", showList(key.scopes)],
    ["limits", showPairs(key.limits)],
    ["metadata", showPairs(key.metadata)],
    ["public part", key.publicId],
    ["created", showTime(key.createdAt)],
    ["expires", showTime(key.expiresAt)],
    ["last used", showTime(key.lastUsedAt)],
  ];
}
