import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createDemoModel } from "../adapters/models/demo/demo-model.ts";
import type { WatchSize } from "../adapters/process/supervise.ts";
import { createProgramRunner } from "../adapters/process/program-runner.ts";
import { readServerMark, toLeftoverPrefix } from "../adapters/process/server-mark.ts";
import { sweepLeftovers } from "../adapters/process/sweep.ts";
import type { Principal } from "../core/access/principal.ts";
import { checkPersonalMode } from "../core/access/terms-guard.ts";
import type { UpstreamGuard } from "../core/upstreams/upstream-guard.ts";
import { systemClock } from "../core/ports/clock.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import { openAdminKey } from "./admin-key.ts";
import { createChatDriver } from "./create-chat-driver.ts";
import { createHttp } from "./create-http.ts";
import { createGuards } from "./create-guards.ts";
import { createStop } from "./create-stop.ts";
import { createStoreRestorer, type RestoreRequest, toRestoreEntry } from "./create-store-restorer.ts";
import { openUpstream } from "./claude-upstream.ts";
import type { Config } from "./config.ts";
import { findCredential, type Credential } from "./credential.ts";
import { findClaude, readClaudeVersion, toClaudeSearch, type FoundClaude } from "./find-claude.ts";
import { createLog } from "./log.ts";
import { openAgents } from "./open-agents.ts";
import { openBatches } from "./open-batches.ts";
import { openCapabilities } from "./open-capabilities.ts";
import { openControlPlane } from "./open-control-plane.ts";
import { openManaged } from "./open-managed.ts";
import { openEgress } from "./open-egress.ts";
import { openMetrics } from "./open-metrics.ts";
import { openModelPlane } from "./open-model-plane.ts";
import { openResponses } from "./open-responses.ts";
import { openSessions } from "./open-sessions.ts";
import { openStore, passOnStoreErrors } from "./open-store.ts";
import { openHost, openWalls } from "./open-walls.ts";
import { openTasks } from "./open-tasks.ts";
import { openWebhooks } from "./open-webhooks.ts";
import { openWorkspaces } from "./open-workspaces.ts";
import type { RunningServer, ServerFacts } from "./running-server.ts";
import { StartError } from "./start-error.ts";
import { toHttpFacts } from "./to-http-facts.ts";

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

  const watchSize: WatchSize = (...watched) => places.watchSize(...watched);
  const host = openHost(walls, { config, server, watchSize, clock, log });
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
  const leftoverPrefix = toLeftoverPrefix(server);
  const egress = openEgress({ config, certificates: upstream.certificates, runDirectory, leftoverPrefix, clock, log });
  const ways = { doors: models.doors, egress: walls.sandbox.bridgesProxy ? egress : undefined };
  const driver = createChatDriver({ config, claude, upstream, ...ways, host, log });
  const { pool, agents, schemas } = openAgents(config, { driver, clock, log });
  const guard = guards.guardOf("agents");
  const guardOf = (model: string): UpstreamGuard => {
    const upstream = models.upstreamOf(model);
    // Not the guard of direct calls: the program tries again by itself, and each failure counts once.
    return upstream === undefined ? guard : guards.guardOf(`agents ${upstream}`);
  };
  const figures = openMetrics({ config, clock, log, status: () => agents.status(), circuit: () => guard.state });
  const { metrics } = figures;
  metrics.orphansSwept(swept.processes);
  const webhooks = openWebhooks({ config, store, certificates: upstream.certificates, clock, log });
  const shared = { config, store, adminKey, metrics, clock, log, wakeWebhooks: webhooks.wake };
  const plane = openControlPlane({ ...shared, completions: agents, guardOf, driver: driver.name });
  const projectOfSession = async (principal: Principal, id: string): Promise<string> => {
    await sessions.service.get(principal, id);
    return (await store.sessions.find(id))?.projectId ?? "";
  };
  const places = await openWorkspaces({ ...shared, runs: plane.runs, projectOfSession, runner });
  const capabilities = openCapabilities({ ...shared, claude, host, directories: places.routes.directories });
  const managed = await openManaged({ config, store, outbox: webhooks.outbox, clock, log });
  const sessions = openSessions({
    ...shared,
    plane,
    claude,
    upstream,
    host,
    runDirectory,
    doors: models.doors,
    sources: managed.sources,
    capabilities: capabilities.service,
    egress: ways.egress,
    answerLinks: webhooks.answerLinks,
    folders: {
      findByOwner: places.workspaces.findByOwner,
      create: places.service.create,
      check: places.service.check,
      collect: places.workspaces.collect,
    },
    dropFolder: async (id) => {
      const folder = places.workspaces.findByOwner(id);
      if (folder?.state === "ready") await places.workspaces.remove(folder.id);
    },
    users: walls.hostUsers,
    knownModels: () => agents.knownModels(),
    leftoverPrefix: toLeftoverPrefix(server),
  });
  const tasks = openTasks({
    ...shared,
    plane,
    sessions,
    places,
    capabilities: capabilities.service,
    knownModels: () => agents.knownModels(),
    models,
    schemas,
  });
  const batches = openBatches({ ...shared, plane, tasks: tasks.service });
  const responses = openResponses(shared);
  const facts = toHttpFacts({ credential, store, walls: host.walls, version });
  const restorer = createStoreRestorer(shared);
  const http = createHttp({
    ...shared,
    plane,
    models,
    managed,
    sessions,
    tasks,
    batches,
    responses,
    places,
    capabilities,
    restorer,
    facts,
  });
  const stop = createStop({
    config,
    http,
    agents,
    plane,
    models,
    managed,
    sessions,
    tasks: tasks.runner,
    batches: batches.runner,
    responses,
    places,
    capabilities,
    pool,
    host,
    upstream,
    egress,
    webhooks,
    figures,
    store,
    log,
  });
  try {
    await passOnStoreErrors(plane.start);
    if (restored !== undefined) {
      await store.audit.append(toRestoreEntry("store.restored", restored.actor, clock.epoch()));
    }
    const address = await http.listen(config.host, config.port);
    void agents.start();
    sessions.start();
    tasks.runner.start();
    batches.runner.start();
    responses.start();
    webhooks.start();
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
