import { hash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { createFileContents } from "../adapters/files/create-file-contents.ts";
import type { ManagedParts } from "../adapters/http/managed/add-managed-routes.ts";
import { createAgentService } from "../core/agents/agent-service.ts";
import { createEnvironmentService } from "../core/environments/environment-service.ts";
import { createFileService, type FileService } from "../core/files/file-service.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { SessionSources } from "../core/ports/session-sources.ts";
import type { Store } from "../core/ports/store.ts";
import type { WebhookOutbox } from "../core/ports/webhook-outbox.ts";
import { createResourceService } from "../core/resources/resource-service.ts";
import { createSessionSources } from "../core/sessions/create-session-sources.ts";
import { createManagedNews } from "../core/webhooks/create-managed-news.ts";
import type { Config } from "./config.ts";

export interface OpenManaged {
  readonly services: Pick<ManagedParts, "agents" | "environments" | "files" | "resources">;
  /** What sessions are made of. */
  readonly sources: SessionSources;
  /** May be called twice. */
  stop(): Promise<void>;
}

const megabyte = 1024 * 1024;
const cleanUpMs = 3_600_000;

/** Builds what sessions are made of: agents, environments, files; and keeps the room of files tidy. */
export async function openManaged(parts: {
  readonly config: Pick<Config, "dataDirectory" | "limits">;
  readonly store: Store;
  readonly outbox: WebhookOutbox;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<OpenManaged> {
  const { config, store, clock, log } = parts;
  const shared = {
    store,
    clock,
    random: randomBytes,
    digest: (text: string) => hash("sha256", text),
    tell: createManagedNews(parts),
  };
  const files = createFileService({
    ...shared,
    contents: await createFileContents(join(config.dataDirectory, "files"), clock),
    limits: { fileBytes: config.limits.fileLimitMb * megabyte, projectBytes: config.limits.fileQuotaMb * megabyte },
  });
  const environments = createEnvironmentService(shared);
  const resources = createResourceService({ ...shared, resources: store.managed.resources, files });
  const sources = createSessionSources({
    agents: store.managed.agents,
    environments,
    files,
    resources,
    toBase64: (bytes) => Buffer.from(bytes).toString("base64"),
  });
  return {
    services: { agents: createAgentService(shared), environments, files, resources },
    sources,
    ...keepTidy(files, store.kind === "sqlite", clock, log),
  };
}

/** `alone`: no other server uses the same folder. */
function keepTidy(files: FileService, alone: boolean, clock: Clock, log: Log): Pick<OpenManaged, "stop"> {
  let cancel: () => void = () => {};
  let stopped = false;
  let running = cleanUp();

  async function cleanUp(): Promise<void> {
    try {
      await files.cleanUp(alone);
    } catch (error) {
      log.warn({ err: error }, "files that nobody needs could not be removed");
    }
    if (stopped) return;
    cancel = clock.after(cleanUpMs, () => {
      running = cleanUp();
    });
  }

  return {
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
