import { createHash, randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { createClaudeDriver } from "../adapters/drivers/claude/claude-driver.ts";
import { createHttpServer, type HttpServer } from "../adapters/http/http-server.ts";
import { createDemoModel } from "../adapters/models/demo/demo-model.ts";
import { createProcessHost, type StoppableProcessHost } from "../adapters/process/process-host.ts";
import { createProgramRunner } from "../adapters/process/program-runner.ts";
import { readServerMark } from "../adapters/process/server-mark.ts";
import { sweepLeftovers } from "../adapters/process/sweep.ts";
import {
  encodeAnthropicModel,
  encodeAnthropicModelList,
} from "../adapters/wire/models-list/encode-anthropic-models.ts";
import { encodeOpenAiModel, encodeOpenAiModelList } from "../adapters/wire/models-list/encode-openai-models.ts";
import { createOpenAiChatFormat } from "../adapters/wire/openai-chat/openai-chat-format.ts";
import { createCompletionService, type OwnedCompletionService } from "../core/completions/create-completion-service.ts";
import { createProcessPool, type ProcessPool } from "../core/pool/process-pool.ts";
import { systemClock } from "../core/ports/clock.ts";
import type { Driver } from "../core/ports/driver.ts";
import type { Log } from "../core/ports/log.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import { openAdminKey, type AdminKey } from "./admin-key.ts";
import { chooseSandbox } from "./choose-sandbox.ts";
import { openUpstream, type OpenUpstream } from "./claude-upstream.ts";
import type { Config } from "./config.ts";
import { findCredential, type Credential } from "./credential.ts";
import { findClaude, readClaudeVersion, toClaudeSearch, type FoundClaude } from "./find-claude.ts";
import { createLog } from "./log.ts";
import type { RunningServer, ServerFacts } from "./running-server.ts";
import { StartError } from "./start-error.ts";
import { readGantryVersion } from "./version.ts";

/** Whose processes the admin key's requests use. */
const adminOwner = "admin";

/** Builds every part, gives the parts to one another, and starts them: the only place that does. */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = createLog(config.logLevel);
  const clock = systemClock;
  const runner = createProgramRunner(clock);
  const server = readServerMark(randomBytes(6).toString("hex"));
  const runDirectory = join(config.dataDirectory, "run");

  const adminKey = await openAdminKey(config.dataDirectory);
  const claude = requireClaude(config);
  const [credential, walls, version] = await Promise.all([
    findCredential(config, claude.path, runner),
    chooseSandbox(config, runner, server, runDirectory),
    readClaudeVersion(claude.path, { PATH: config.cliEnvironment.reveal()["PATH"] ?? "" }, runner),
    sweepLeftovers({ baseDirectory: runDirectory, log }),
  ]);
  const agentVersion = "version" in version ? version.version : undefined;

  const host = createProcessHost({ sandbox: walls.sandbox, server, clock, log });
  const demo = credential.kind === "demo" ? createDemoModel({ clock, log }) : undefined;
  const upstream = await openUpstream(config, credential, demo, log);
  const driver = createDriver({ config, claude, upstream, host, log });
  const pool = createProcessPool({ driver, clock, log, limits: toPoolLimits(config) });
  const completions = createCompletionService({
    pool,
    capabilities: driver.capabilities,
    deadlines: config.deadlines,
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    clock,
    log,
    limits: config.limits,
    firstOwner: adminOwner,
  });
  const facts = { credential, agentVersion, sandbox: walls.sandbox };
  const http = createHttp(config, completions, adminKey, facts, log);
  const stop = createStop({ config, http, completions, pool, host, upstream, log });
  try {
    const address = await http.listen(config.host, config.port);
    void completions.start();
    const banner: ServerFacts = {
      address,
      credential,
      adminKeyFile: adminKey.file,
      sandbox: walls.report,
      claudeVersion: agentVersion,
      warnings: [...adminKey.warnings, ...("problem" in version ? [version.problem] : [])],
    };
    return { facts: banner, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function requireClaude(config: Config): FoundClaude {
  const found = findClaude(toClaudeSearch(config));
  if ("problem" in found) throw new StartError(found.problem);
  return found;
}

interface DriverParts {
  readonly config: Config;
  readonly claude: FoundClaude;
  readonly upstream: OpenUpstream;
  readonly host: StoppableProcessHost;
  readonly log: Log;
}

function createDriver({ config, claude, upstream, host, log }: DriverParts): Driver {
  return createClaudeDriver({
    host,
    clock: systemClock,
    log,
    binary: claude.path,
    upstream: upstream.upstream,
    deadlines: {
      startMs: config.deadlines.startMs,
      settleMs: Math.min(10_000, config.deadlines.firstByteMs),
      interruptMs: 2_000,
    },
    createId: randomUUID,
  });
}

function toPoolLimits({ limits }: Config) {
  return { ...limits, maxMemoryBytes: limits.maxProcessMemoryMb * 1024 * 1024 };
}

function createHttp(
  config: Config,
  completions: OwnedCompletionService,
  adminKey: AdminKey,
  facts: { credential: Credential; agentVersion: string | undefined; sandbox: Sandbox },
  log: Log,
): HttpServer {
  return createHttpServer({
    completions,
    chat: createOpenAiChatFormat(randomUUID),
    modelLists: {
      openai: { encodeList: encodeOpenAiModelList, encodeOne: encodeOpenAiModel },
      anthropic: { encodeList: encodeAnthropicModelList, encodeOne: encodeAnthropicModel },
    },
    findOwner: (key) => (adminKey.isAdminKey(key) ? adminOwner : undefined),
    facts: {
      version: readGantryVersion(),
      upstream: facts.credential.kind,
      sandbox: facts.sandbox.kind,
      agentVersion: facts.agentVersion,
    },
    bodyLimitBytes: config.limits.bodyLimitBytes,
    stallMs: config.deadlines.silenceMs,
    clock: systemClock,
    log,
    createId: randomUUID,
  });
}

interface StopParts {
  readonly config: Config;
  readonly http: HttpServer;
  readonly completions: OwnedCompletionService;
  readonly pool: ProcessPool;
  readonly host: StoppableProcessHost;
  readonly upstream: OpenUpstream;
  readonly log: Log;
}

/** Takes no new work, lets running answers finish within the deadline, then ends everything. */
function createStop(parts: StopParts): RunningServer["stop"] {
  const { config, http, completions, pool, host, upstream, log } = parts;
  let stopping: Promise<void> | undefined;
  async function stop(hurry: Promise<void>): Promise<void> {
    completions.drain();
    // Agents are otherwise told to end, and given the time to.
    void hurry.then(() => host.stopAll());
    let cancel: () => void = () => {};
    const deadline = new Promise<void>((resolve) => {
      cancel = systemClock.after(config.deadlines.drainMs, resolve);
    });
    await Promise.race([http.idle(), deadline, hurry]);
    cancel();
    if (http.running > 0) log.warn({ running: http.running }, "running answers are cut");
    http.cut();
    await http.close();
    await pool.stop();
    await host.stopAll();
    await upstream.stop();
  }
  return (hurry = new Promise(() => {})) => (stopping ??= stop(hurry));
}
