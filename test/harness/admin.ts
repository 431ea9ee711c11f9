import assert from "node:assert/strict";
import type { ApiKey, KeyInput, KeyUpdate, Project, ProjectInput } from "@gantry/contracts/access";
import type { AuditRow } from "@gantry/contracts/audit";
import type { BudgetInput, BudgetState, BudgetUpdate } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import type { ChatError, ChatTarget } from "./chat.ts";

/** What any address but that of chat completions answers. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  /** The whole body as it came. */
  readonly raw: string;
  readonly error: ChatError | undefined;
}

/** A key with its text, to be used wherever a server is asked. */
export interface MadeKey extends ChatTarget, ApiKey {}

/** A budget of a subject; a lifetime budget in tokens where nothing else is said. */
type BudgetWish = Pick<BudgetInput, "subject" | "subjectId" | "limit"> & Partial<BudgetInput>;

/** The control plane of a server, as whoever has the admin key uses it. All but `call` assert that it was done. */
export interface Admin {
  /** A project with a name of its own. */
  createProject(input?: Partial<ProjectInput>): Promise<Project>;
  archiveProject(id: string): Promise<Project>;
  /** A key of the default project that may use every model. */
  createKey(input?: Partial<KeyInput>): Promise<MadeKey>;
  updateKey(id: string, update: KeyUpdate): Promise<ApiKey>;
  rotateKey(id: string, overlapSeconds: number): Promise<MadeKey>;
  revokeKey(id: string): Promise<ApiKey>;
  createBudget(input: BudgetWish): Promise<BudgetState>;
  updateBudget(id: string, update: BudgetUpdate): Promise<BudgetState>;
  readBudget(id: string): Promise<BudgetState>;
  listBudgets(): Promise<readonly BudgetState[]>;
  /** Rows of a key, of a project or of all, newest first. */
  listUsage(of?: { readonly key_id?: string; readonly project_id?: string }): Promise<readonly UsageRow[]>;
  /** All rows that fit, oldest first. */
  readAudit(filter?: Readonly<Record<string, string>>): Promise<readonly AuditRow[]>;
  call(method: string, path: string, body?: unknown): Promise<ApiReply>;
}

/** Sends a request with the target's key and reads the answer to its end. */
export async function callApi(
  { url, key }: ChatTarget,
  method: string,
  path: string,
  body?: unknown,
): Promise<ApiReply> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const raw = await response.text();
  const { status, headers } = response;
  // Every failure has this shape; the tests look at what is in it.
  const error = response.ok ? undefined : (JSON.parse(raw) as { readonly error?: ChatError }).error;
  return { status, headers, raw, error };
}

/** Sends a request that must succeed. The shapes are the server's contracts, which it checks itself. */
export async function readApi<Answer>(
  target: ChatTarget,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const reply = await callApi(target, method, path, body);
  assert.ok(reply.status === 200 || reply.status === 201, `${method} ${path}: ${reply.raw}`);
  return JSON.parse(reply.raw) as Answer;
}

export function createAdmin(gantry: ChatTarget): Admin {
  const send = <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    readApi<Answer>(gantry, method, path, body);
  const toMadeKey = (answer: ApiKey & { readonly key: string }): MadeKey => ({ ...answer, url: gantry.url });
  let projects = 0;

  return {
    createProject: (input = {}) => send("POST", "/v1/admin/projects", { name: `team-${++projects}`, ...input }),
    archiveProject: (id) => send("DELETE", `/v1/admin/projects/${id}`),
    createKey: async (input = {}) =>
      toMadeKey(
        await send("POST", "/v1/admin/keys", { name: "a", projectId: "default", profile: "enterprise", ...input }),
      ),
    updateKey: (id, update) => send("PATCH", `/v1/admin/keys/${id}`, update),
    rotateKey: async (id, overlapSeconds) =>
      toMadeKey(await send("POST", `/v1/admin/keys/${id}/rotate`, { overlapSeconds })),
    revokeKey: (id) => send("DELETE", `/v1/admin/keys/${id}`),
    createBudget: (input) => send("POST", "/v1/admin/budgets", { unit: "tokens", window: "lifetime", ...input }),
    updateBudget: (id, update) => send("PATCH", `/v1/admin/budgets/${id}`, update),
    readBudget: (id) => send("GET", `/v1/admin/budgets/${id}`),
    listBudgets: () => readList("/v1/admin/budgets", {}),
    listUsage: (of = {}) => readList("/v1/admin/usage", of),
    async readAudit(filter = {}) {
      const query = new URLSearchParams({ ...filter, format: "jsonl" });
      const { raw, status } = await callApi(gantry, "GET", `/v1/audit?${query}`);
      assert.equal(status, 200, raw);
      return raw
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as AuditRow);
    },
    call: (method, path, body) => callApi(gantry, method, path, body),
  };

  /** A list that fits on one page, as those of tests do. */
  async function readList<Item>(path: string, query: Readonly<Record<string, string>>): Promise<readonly Item[]> {
    const list: { data: Item[]; next_cursor: string | null } = await send(
      "GET",
      `${path}?${new URLSearchParams({ ...query, limit: "200" })}`,
    );
    assert.equal(list.next_cursor, null, "a list is longer than a page");
    return list.data;
  }
}
