import { hash, randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { basename, dirname } from "node:path";
import type { WorkspaceRouteParts } from "../adapters/http/admin/add-workspace-routes.ts";
import { createDirectoryInspector } from "../adapters/workspaces/create-directory-inspector.ts";
import { createWorkspaces } from "../adapters/workspaces/create-workspaces.ts";
import { createId } from "../core/control/create-id.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { DirectoryInspector } from "../core/ports/directory-inspector.ts";
import type { Log } from "../core/ports/log.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Store } from "../core/ports/store.ts";
import type { Principal } from "../core/access/principal.ts";
import type { SizeWatch, Workspace, Workspaces } from "../core/ports/workspaces.ts";
import type { RunService } from "../core/runs/run-service.ts";
import { createDirectoryService } from "../core/workspaces/directory-service.ts";
import { createWorkService } from "../core/workspaces/work-service.ts";
import { createWorkspaceService, type WorkspaceService } from "../core/workspaces/workspace-service.ts";
import type { Config } from "./config.ts";

export interface WorkspaceSources {
  readonly config: Pick<Config, "dataDirectory" | "cliEnvironment" | "limits" | "workingDirectory">;
  readonly store: Store;
  readonly runs: Pick<RunService, "get">;
  /** Gives the project of a session that the caller may see; rejects with `not_found` for any other. */
  projectOfSession(principal: Principal, id: string): Promise<string>;
  readonly runner: ProgramRunner;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenWorkspaces {
  readonly workspaces: Workspaces;
  /** Makes workspaces for those who may have them. */
  readonly service: WorkspaceService;
  readonly routes: WorkspaceRouteParts;
  /** As `Workspaces.watchSize`, by the folder on the host; a folder that is no workspace is not watched. */
  watchSize(hostPath: string, limitBytes: number, onExceeded: () => void): SizeWatch;
  /** To be called when nothing works in them any more. May be called twice. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
const upkeepMs = 3_600_000;

/** Builds what is about files of the host, and clears up what a server before has left behind. */
export async function openWorkspaces({
  config,
  store,
  runs,
  projectOfSession,
  runner,
  clock,
  log,
}: WorkspaceSources): Promise<OpenWorkspaces> {
  const { dataDirectory } = config;
  const environment = config.cliEnvironment.reveal();
  const inspector = createDirectoryInspector({ dataDirectory, home: environment["HOME"] ?? homedir() });
  const workspaces = createWorkspaces({
    dataDirectory,
    runner,
    path: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    inspector,
    clock,
    log,
    createId: () => createId("wksp", randomBytes),
    retentionMs: config.limits.artifactDays * dayMs,
  });
  const parts = { store, clock, random: randomBytes, digest: (text: string) => hash("sha256", text) };
  const defaultPath = await findDefault(inspector, config.workingDirectory, log);
  const directories = createDirectoryService({ ...parts, inspector, defaultPath });
  const work = createWorkService({
    ...parts,
    workspaces,
    directories,
    findProject: async (principal, id) =>
      id.startsWith("sesn_") ? await projectOfSession(principal, id) : (await runs.get(principal, id)).projectId,
  });

  await clearUp(workspaces, (workspace) => isAlive(store, workspace, clock.epoch()), log);
  let stopped = false;
  let cancel: () => void = () => {};
  const schedule = (): void => {
    if (stopped) return;
    cancel = clock.after(upkeepMs, () => void forget(workspaces, log).finally(schedule));
  };
  schedule();

  return {
    workspaces,
    service: createWorkspaceService({ workspaces, directories }),
    routes: { directories, work },
    watchSize(hostPath, limitBytes, onExceeded) {
      const found = workspaces.find(basename(dirname(hostPath)));
      if (found?.hostPath !== hostPath) return { stop() {} };
      return workspaces.watchSize(found.id, limitBytes, onExceeded);
    },
    async stop() {
      stopped = true;
      cancel();
      await workspaces.stop();
    },
  };
}

/** Where the server was started, if that may be registered. */
async function findDefault(inspector: DirectoryInspector, path: string, log: Log): Promise<string | undefined> {
  return await inspector.inspect(path).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    log.info({ reason }, "the folder in which the server was started is not registered as a directory");
    return undefined;
  });
}

/** The server starts whatever became of old folders. */
async function clearUp(workspaces: Workspaces, isStillAlive: (workspace: Workspace) => Promise<boolean>, log: Log) {
  try {
    const { adopted, removed } = await workspaces.adoptOrRemoveLeftovers(isStillAlive);
    if (adopted + removed > 0) log.info({ adopted, removed }, "workspaces of the server before were looked through");
  } catch (error) {
    log.error({ err: error }, "workspaces of the server before could not be looked through");
  }
  await forget(workspaces, log);
}

async function forget(workspaces: Workspaces, log: Log): Promise<void> {
  await workspaces
    .forgetOld()
    .catch((error: unknown) => log.warn({ err: error }, "old artifacts could not be forgotten"));
}

async function isAlive(store: Store, { owner }: Workspace, now: number): Promise<boolean> {
  if (owner.kind === "run") {
    const run = await store.runs.find(owner.id);
    return run !== undefined && run.endedAt === null && run.expiresAt > now;
  }
  const session = await store.sessions.find(owner.id);
  return session !== undefined && session.archivedAt === null;
}
