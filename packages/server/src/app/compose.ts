import { hash, randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { createClaudeDriver } from "../adapters/drivers/claude/claude-driver.ts";
import type { HttpFacts } from "../adapters/http/http-parts.ts";
import { createHttpServer, type HttpServer } from "../adapters/http/http-server.ts";
import { createDemoModel } from "../adapters/models/demo/demo-model.ts";
import type { StoppableProcessHost } from "../adapters/process/process-host.ts";
import { createProgramRunner } from "../adapters/process/program-runner.ts";
import { readServerMark, toLeftoverPrefix } from "../adapters/process/server-mark.ts";
import { sweepLeftovers } from "../adapters/process/sweep.ts";
import {
  encodeAnthropicModel,
  encodeAnthropicModelList,
} from "../adapters/wire/models-list/encode-anthropic-models.ts";
import { encodeOpenAiModel, encodeOpenAiModelList } from "../adapters/wire/models-list/encode-openai-models.ts";
import { createOpenAiChatFormat } from "../adapters/wire/openai-chat/openai-chat-format.ts";
import { defaultProjectId } from "../core/access/identify.ts";
import { checkPersonalMode, isPersonalMode } from "../core/access/terms-guard.ts";
import { createCompletionService } from "../core/completions/create-completion-service.ts";
import type { UpstreamGuard } from "../core/upstreams/upstream-guard.ts";
import { createProcessPool } from "../core/pool/process-pool.ts";
import { type Clock, systemClock } from "../core/ports/clock.ts";
import type { Driver } from "../core/ports/driver.ts";
import type { Log } from "../core/ports/log.ts";
import type { ModelDoors } from "../core/ports/model-door.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Store } from "../core/ports/store.ts";
import type { StoreRestorer } from "../core/ports/store-restorer.ts";
import type { WallsReport } from "../core/ports/walls-report.ts";
import { openAdminKey } from "./admin-key.ts";
import { createGuards } from "./create-guards.ts";
import { createRandomHex } from "./create-random-hex.ts";
import { createStop } from "./create-stop.ts";
import { createStoreRestorer, type RestoreRequest, toRestoreEntry } from "./create-store-restorer.ts";
import { createRefusalNote } from "./create-refusal-note.ts";
import { createStoreCheck } from "./create-store-check.ts";
import { openUpstream, type OpenUpstream } from "./claude-upstream.ts";
import type { Config } from "./config.ts";
import { findCredential, type Credential } from "./credential.ts";
import { findClaude, readClaudeVersion, toClaudeSearch, type FoundClaude } from "./find-claude.ts";
import { createLog } from "./log.ts";
import { type ControlPlane, openControlPlane } from "./open-control-plane.ts";
import { openMetrics, type OpenMetrics } from "./open-metrics.ts";
import { openModelPlane, type OpenModelPlane } from "./open-model-plane.ts";
import { openStore, passOnStoreErrors } from "./open-store.ts";
import { openHost, openWalls } from "./open-walls.ts";
import { openWorkspaces, type OpenWorkspaces } from "./open-workspaces.ts";
import type { RunningServer, ServerFacts } from "./running-server.ts";
import { StartError } from "./start-error.ts";
import { readGantryVersion } from "./version.ts";

/** Builds every part, gives the parts to one another, and starts them: the only place that does. */
export async function startServer(config: Config, restored?: RestoreRequest): Promise<RunningServer> {
  const log = createLog(config.logLevel);
  const clock = systemClock;
  const runner = createProgramRunner(clock);
  const server = readServerMark(randomBytes(6).toString("hex"));
  const runDirectory = join(config.dataDirectory, "run");

  const adminKey = await openAdminKey(config.dataDirectory);
  const claude = requireClaude(config);
  const [credential, walls, version, swept, { store, failed }] = await Promise.all([
    findServableCredential(config, claude, runner),
    openWalls(config, runner, server, runDirectory),
    readClaudeVersion(claude.path, { PATH: config.cliEnvironment.reveal()["PATH"] ?? "" }, runner),
    sweepLeftovers({ baseDirectory: runDirectory, log }),
    openStore(config, clock),
  ]);

  const host = openHost(walls, { config, server, clock, log });
  const demo = credential.kind === "demo" ? createDemoModel({ clock, log }) : undefined;
  const upstream = await openUpstream(config, credential, demo, log);
  const guards = createGuards(clock);
  const models = openModelPlane({
    config,
    credential,
    demoUrl: upstream.demoUrl,
    certificates: upstream.certificates,
    runDirectory,
    leftoverPrefix: toLeftoverPrefix(server),
    agentModels: () => agents.knownModels(),
    chooseModel: async (query, principal) => (await plane.completions.recommend(query, principal)).model,
    guardOf: guards.guardOf,
    clock,
    log,
  });
  const driver = createDriver({ config, claude, upstream, doors: models.doors, host, log });
  const pool = createProcessPool({ driver, clock, log, limits: toPoolLimits(config) });
  const agents = createCompletionService({
    pool,
    capabilities: driver.capabilities,
    deadlines: config.deadlines,
    digest: (text) => hash("sha256", text, "base64"),
    clock,
    log,
    limits: config.limits,
    firstOwner: defaultProjectId,
  });
  const guard = guards.guardOf("agents");
  const guardOf = (model: string): UpstreamGuard => {
    const upstream = models.upstreamOf(model);
    // Not the guard of direct calls: the program tries again by itself, and each failure counts once.
    return upstream === undefined ? guard : guards.guardOf(`agents ${upstream}`);
  };
  const figures = openMetrics({ config, clock, log, status: () => agents.status(), circuit: () => guard.state });
  const { metrics } = figures;
  metrics.orphansSwept(swept.processes);
  const shared = { config, store, adminKey, metrics, clock, log };
  const plane = openControlPlane({ ...shared, completions: agents, guardOf, driver: driver.name });
  const places = await openWorkspaces({ ...shared, runs: plane.runs, runner });
  const facts = toHttpFacts({ credential, store, walls: host.walls, version });
  const restorer = createStoreRestorer(shared);
  const http = createHttp({ ...shared, plane, models, places, restorer, facts });
  const stop = createStop({ config, http, agents, plane, models, places, pool, host, upstream, figures, store, log });
  try {
    await passOnStoreErrors(plane.start);
    if (restored !== undefined) {
      await store.audit.append(toRestoreEntry("store.restored", restored.actor, clock.epoch()));
    }
    const address = await http.listen(config.host, config.port);
    void agents.start();
    const banner: ServerFacts = {
      address,
      credential,
      adminKeyFile: adminKey.file,
      sandbox: { ...host.walls, ...walls.why },
      store: store.kind,
      claudeVersion: facts.agentVersion,
      warnings: [...adminKey.warnings, ...("problem" in version ? [version.problem] : [])],
    };
    return { facts: banner, failed, restoreAsked: restorer.asked, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Rejects with a {@link StartError} where others could be served with a credential that is for its owner alone. */
async function findServableCredential(config: Config, claude: FoundClaude, runner: ProgramRunner): Promise<Credential> {
  const credential = await findCredential(config, claude.path, runner);
  const refusal = checkPersonalMode({ credentialKind: credential.kind, host: config.host });
  if (refusal !== undefined) throw new StartError(refusal);
  return credential;
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
  readonly doors: ModelDoors | undefined;
  readonly host: StoppableProcessHost;
  readonly log: Log;
}

function createDriver({ config, claude, upstream, doors, host, log }: DriverParts): Driver {
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
    doors,
  });
}

function toPoolLimits({ limits }: Config) {
  return { ...limits, maxMemoryBytes: limits.maxProcessMemoryMb * 1024 * 1024 };
}

function toHttpFacts(found: {
  credential: Credential;
  store: Store;
  walls: WallsReport;
  version: Awaited<ReturnType<typeof readClaudeVersion>>;
}): HttpFacts {
  return {
    version: readGantryVersion(),
    upstream: found.credential.kind,
    mode: isPersonalMode(found.credential.kind) ? "personal" : "shared",
    store: found.store.kind,
    walls: found.walls,
    agentVersion: "version" in found.version ? found.version.version : undefined,
  };
}

interface HttpSources {
  readonly config: Config;
  readonly store: Store;
  readonly plane: ControlPlane;
  readonly models: OpenModelPlane;
  readonly places: OpenWorkspaces;
  readonly restorer: StoreRestorer;
  readonly metrics: OpenMetrics["metrics"];
  readonly facts: HttpFacts;
  readonly clock: Clock;
  readonly log: Log;
}

function createHttp(sources: HttpSources): HttpServer {
  const { config, store, plane, models, places, restorer, metrics, facts, clock, log } = sources;
  return createHttpServer({
    completions: plane.completions,
    chat: createOpenAiChatFormat(randomUUID),
    calls: {
      plane: models.plane,
      ...plane.payment,
    },
    encodeAnthropicError: models.encodeAnthropicError,
    chooseRoad: models.chooseRoad,
    listModels: async (principal) => models.listModels(await plane.completions.models(principal), principal),
    modelLists: {
      openai: { encodeList: encodeOpenAiModelList, encodeOne: encodeOpenAiModel },
      anthropic: { encodeList: encodeAnthropicModelList, encodeOne: encodeAnthropicModel },
    },
    admin: { control: plane.control, runs: plane.runs, completions: plane.completions, restorer },
    workspaces: places.routes,
    identify: plane.identifier.identify,
    metrics,
    metricsText: metrics.text,
    noteRefusal: createRefusalNote(store, clock, log),
    storeReady: createStoreCheck(store, clock, metrics),
    facts,
    bodyLimitBytes: config.limits.bodyLimitBytes,
    stallMs: config.deadlines.silenceMs,
    clock,
    log,
    createId: randomUUID,
    randomHex: createRandomHex(),
  });
}
