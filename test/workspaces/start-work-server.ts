import { profileInput, scopes, type ProfileInput, type Scope } from "@gantry/contracts/access";
import type { WorkspaceSource } from "@gantry/contracts/workspaces";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { startAdminApp } from "../../packages/server/src/adapters/http/admin/test-admin-app.ts";
import { createDirectoryInspector } from "../../packages/server/src/adapters/workspaces/create-directory-inspector.ts";
import { openBench, type TestBench } from "./open-bench.ts";
import { adminProfile } from "../../packages/server/src/core/access/admin-profile.ts";
import type { Principal } from "../../packages/server/src/core/access/principal.ts";
import type { Workspace } from "../../packages/server/src/core/ports/workspaces.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { createRunService } from "../../packages/server/src/core/runs/run-service.ts";
import { createDirectoryService } from "../../packages/server/src/core/workspaces/directory-service.ts";
import { createWorkService } from "../../packages/server/src/core/workspaces/work-service.ts";
import {
  createWorkspaceService,
  type NewWorkspace,
} from "../../packages/server/src/core/workspaces/workspace-service.ts";
import { type Answer, type Control, openControl, type OpenStore, send, sha256 } from "../control/start-admin-api.ts";

export interface WorkServer extends Control {
  readonly bench: TestBench;
  readonly url: string;
  /** Makes a key of a project; its profile permits nothing but what is named. */
  makeKey(name: string, projectId: string, given: readonly Scope[], profile?: Partial<ProfileInput>): Principal;
  call(key: string, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Makes a run in the name of a key, with a workspace. */
  makeRun(
    key: string,
    source: WorkspaceSource,
    files?: NewWorkspace["files"],
  ): Promise<{ id: string; workspace: Workspace }>;
}

/** The routes of directories and of what came of runs, behind a real port; the key `admin` may do all. */
export async function startWorkServer(context: TestContext, open?: OpenStore): Promise<WorkServer> {
  const parts = await openControl(context, open);
  const bench = await openBench(context);
  const clock = { ...systemClock, epoch: () => parts.time.now };
  const service = { ...parts, clock, random: randomBytes, digest: sha256 };
  const runs = createRunService({ ...service, forgetRun: () => {} });
  const inspector = createDirectoryInspector({ dataDirectory: bench.dataDirectory, home: join(bench.root, "home") });
  const { path: defaultPath } = await bench.directory("started-here", { "here.txt": "here\n" });
  const directories = createDirectoryService({ ...service, inspector, defaultPath });
  const { workspaces } = bench;
  const findProject = async (principal: Principal, id: string) => (await runs.get(principal, id)).projectId;
  const work = createWorkService({ ...service, workspaces, directories, findProject });
  const makers = createWorkspaceService({ workspaces, directories });

  const principals = new Map<string, Principal>();
  const makeKey: WorkServer["makeKey"] = (name, projectId, given, profile = {}) => {
    const made = {
      keyId: name,
      keyName: name,
      projectId,
      owner: projectId,
      scopes: given,
      profile: { ...profileInput.parse({ name: "mine", allowedModels: ["*"], ...profile }), version: 1, createdAt: 0 },
      limits: {},
      aliases: {},
      cache: { enabled: false, maxAgeSeconds: 1 },
    };
    principals.set(name, made);
    return made;
  };
  principals.set("admin", { ...makeKey("admin", "prj_default", scopes), profile: adminProfile });
  const url = await startAdminApp(context, {
    control: parts.control,
    runs,
    completions: { recommend: () => Promise.reject(new Error("unasked")) },
    restorer: { restore: () => Promise.reject(new Error("unasked")) },
    clock,
    identify: async (key) => principals.get(key),
    workspaces: { directories, work },
  });
  const call: WorkServer["call"] = (key, ...request) => send(url, key, ...request);

  return {
    ...parts,
    bench,
    url,
    makeKey,
    call,
    async makeRun(key, source, files) {
      const answer = await call(key, "POST", "/v1/runs", {});
      assert.equal(answer.status, 201, answer.text);
      const { id } = answer.json as { id: string };
      const owner = { kind: "run", id } as const;
      const principal = principals.get(key) ?? assert.fail(`no key ${key}`);
      const workspace = await makers.create(principal, { owner, source, ...(files !== undefined && { files }) });
      return { id, workspace };
    },
  };
}

/** Status and code of a refusal, and its sentence. */
export function refusalOf({ status, json, text }: Answer): [number, string, string] {
  const { error } = (json ?? assert.fail(text)) as { error: { code: string; message: string } };
  return [status, error.code, error.message];
}
