import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { createClaudeWorkDriver } from "../../packages/server/src/adapters/drivers/claude/worker/claude-work-driver.ts";
import { samplePrincipal } from "../../packages/server/src/adapters/http/sample-principal.ts";
import { readConfig } from "../../packages/server/src/app/config.ts";
import { openModelPlane } from "../../packages/server/src/app/open-model-plane.ts";
import type { CallPayer } from "../../packages/server/src/core/model-plane/call-payer.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { HostedProcess } from "../../packages/server/src/core/ports/process-host.ts";
import type { WorkDriver, Worker, WorkHandlers, WorkSpec } from "../../packages/server/src/core/ports/work-driver.ts";
import { createUpstreamGuard } from "../../packages/server/src/core/upstreams/upstream-guard.ts";
import { claudeVersions, findClaudeVersion, type ClaudeVersion } from "../harness/claude-versions.ts";
import { startWatchedModel, type WatchedModel } from "../harness/watched-model.ts";
import { createTestHost, silentLog, type HostOptions } from "../processes/hosting.ts";

/** A driver of the real CLI, behind walls, whose models are reached through the model plane. */
export interface Work {
  readonly version: ClaudeVersion;
  readonly driver: WorkDriver;
  readonly model: WatchedModel;
  /** Calls that were paid for. */
  readonly paid: number;
  /** A folder of the server's own, for workspaces. */
  readonly directory: string;
  /** The program of the worker that was opened last, as the host sees it. */
  readonly process: HostedProcess;
  /** Opens a worker that is closed with the suite. What is not said is refused: no handler, no tool. */
  open(spec?: Partial<Omit<WorkSpec, "handlers">> & { readonly handlers?: Partial<WorkHandlers> }): Promise<Worker>;
}

/** Declares the same tests for each tested release. */
export function forEachDriver(declare: (work: Work) => void): void {
  for (const version of claudeVersions) {
    describe(`Claude Code ${version}`, () => {
      let started: Awaited<ReturnType<typeof startWork>> | undefined;
      before(async () => {
        started = await startWork(version);
      });
      after(async () => await started?.stop());
      const work = (): Work => {
        assert.ok(started, "the driver is not started yet");
        return started.work;
      };
      declare({
        version,
        get driver() {
          return work().driver;
        },
        get model() {
          return work().model;
        },
        get paid() {
          return work().paid;
        },
        get directory() {
          return work().directory;
        },
        get process() {
          return work().process;
        },
        open: (spec) => work().open(spec),
      });
    });
  }
}

/** Starts what the driver needs; the suite's end stops it. */
export async function startWork(
  version: ClaudeVersion,
  { variables = {}, ...options }: HostOptions & { readonly variables?: Readonly<Record<string, string>> } = {},
) {
  // Without a link in it: a workspace is named by its real path.
  const baseDirectory = realpathSync(mkdtempSync(join(tmpdir(), "gantry-work-")));
  const model = await startWatchedModel();
  const guard = createUpstreamGuard(systemClock);
  const plane = openModelPlane({
    config: readConfig({
      flags: { data: baseDirectory, demo: true },
      env: { HOME: baseDirectory },
      cwd: baseDirectory,
      machine: { memoryBytes: 8e9, cores: 2 },
    }),
    credential: { kind: "demo" },
    demoUrl: model.url,
    certificates: undefined,
    runDirectory: baseDirectory,
    leftoverPrefix: "doors-",
    agentModels: () => [],
    chooseModel: async () => "claude-sonnet-5-5",
    guardOf: () => guard,
    clock: systemClock,
    log: silentLog,
  });
  const host = await createTestHost("bubblewrap", baseDirectory, {}, baseDirectory, options);
  let last: HostedProcess | undefined;
  const driver = createClaudeWorkDriver({
    host: { spawn: async (spec) => (last = await host.spawn(spec)) },
    clock: systemClock,
    log: silentLog,
    binary: findClaudeVersion(version),
    upstream: { credentialKind: "api-key", variables, retries: 1 },
    deadlines: {
      startMs: 60_000,
      settleMs: 60_000,
      interruptMs: 60_000,
      model: { firstByteMs: 60_000, silenceMs: 60_000, totalMs: 120_000 },
    },
    createId: randomUUID,
    doors: plane.doors,
    baseDirectory,
    namePrefix: "transcripts-",
  });
  const workers: Worker[] = [];
  const payer = createCountingPayer();

  const work: Work = {
    version,
    driver,
    model,
    get paid() {
      return payer.opened;
    },
    directory: baseDirectory,
    get process() {
      assert.ok(last, "no worker was opened yet");
      return last;
    },
    async open({ handlers, ...spec } = {}) {
      const worker = await driver.open({
        walls: { owner: "prj_default", network: { kind: "none" } },
        model: "sonnet",
        system: "You are a test.",
        tools: [],
        customTools: [],
        mcpServers: [],
        trustWorkspaceSettings: false,
        caller: { principal: samplePrincipal, payer },
        ...spec,
        handlers: { ...refusing, ...handlers },
      });
      workers.push(worker);
      return worker;
    },
  };
  return {
    work,
    async stop() {
      await Promise.all(workers.map((worker) => worker.close()));
      await host.stopAll();
      await plane.stop();
      await model.stop();
      const left = readdirSync(baseDirectory).filter((name) => /^(transcripts|doors|gantry)-/.test(name));
      rmSync(baseDirectory, { recursive: true, force: true });
      assert.deepEqual(left, []);
    },
  };
}

const refusing: WorkHandlers = {
  beforeTool: async ({ tool }) => ({ behavior: "deny", message: `${tool} was not expected.` }),
  callTool: async () => ({ content: [], isError: true }),
  askUser: async () => ({ behavior: "deny", message: "Nobody is here." }),
};

export const allowAll: Pick<WorkHandlers, "beforeTool"> = { beforeTool: async () => ({ behavior: "allow" }) };

/** Has money for everything, and counts the calls. */
function createCountingPayer(): CallPayer & { readonly opened: number } {
  let opened = 0;
  return {
    get opened() {
      return opened;
    },
    async open() {
      opened += 1;
      return { inputTokens: 0, outputTokens: 0, extend: async () => undefined, settle: async () => {} };
    },
  };
}
