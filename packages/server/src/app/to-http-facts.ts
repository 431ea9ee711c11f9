import type { HttpFacts } from "../adapters/http/http-parts.ts";
import { isPersonalMode } from "../core/access/terms-guard.ts";
import type { Store } from "../core/ports/store.ts";
import type { WallsReport } from "../core/ports/walls-report.ts";
import type { Credential } from "./credential.ts";
import type { readClaudeVersion } from "./find-claude.ts";
import { readGantryVersion } from "./version.ts";

/** What the server says of itself. */
export function toHttpFacts(found: {
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
