import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { SessionAgent } from "@gantry/contracts/agents";
import { sees } from "../access/visibility.ts";
import { createAgentFinder, toThreadAgent } from "../agents/create-agent-finder.ts";
import { overrideAgent } from "../agents/resolve-agent.ts";
import { expandMultiagent } from "../agents/resolve-multiagent.ts";
import { refuseField } from "../control/refusals.ts";
import { type EnvironmentService } from "../environments/environment-service.ts";
import type { FileService } from "../files/file-service.ts";
import type { ManagedStore } from "../ports/managed-store.ts";
import type { SessionSources } from "../ports/session-sources.ts";
import { type ResourceService, workspacePath } from "../resources/resource-service.ts";

export interface SessionSourceParts {
  readonly agents: ManagedStore["agents"];
  readonly environments: Pick<EnvironmentService, "get">;
  readonly files: FileService;
  readonly resources: ResourceService;
  readonly toBase64: (bytes: Uint8Array) => string;
}

/** The most of a file that goes into a message. */
const longestAttachment = 32 * 1024 * 1024;

/** What sessions are made of, out of what the managed API keeps. */
export function createSessionSources(parts: SessionSourceParts): SessionSources {
  const { agents, environments, files, resources } = parts;

  return {
    async resolveAgent(principal, reference) {
      const { id, version = undefined } = typeof reference === "string" ? { id: reference } : reference;
      const found = await agents.find(id, version);
      if (found === undefined || !sees(principal, found.projectId)) {
        throw refuseField("agent", "there is no such agent, or not in this version");
      }
      if (found.archivedAt !== null) throw refuseField("agent", "this agent is archived");
      const agent = toThreadAgent(found);
      const overrides = typeof reference === "object" && reference.type === "agent_with_overrides" ? reference : {};
      const { multiagent } = found.body;
      const finder = createAgentFinder(agents, principal);
      return {
        ...overrideAgent(agent, overrides),
        multiagent: multiagent && (await expandMultiagent(multiagent, agent, finder)),
      };
    },
    async changeAgent(_principal, agent: SessionAgent, change) {
      return overrideAgent(agent, change);
    },
    async resolveEnvironment(principal, id) {
      const environment = await environments.get(principal, id);
      if (environment.archived_at !== null) throw new FailureError(toFailure("environment_archived"));
      return environment;
    },
    async addResources(principal, sessionId, inputs) {
      await resources.add(principal, sessionId, inputs);
    },
    listResources: resources.listMany,
    async workspaceOf({ id, projectId }) {
      const found = (await resources.list(id)).filter((resource) => resource.type === "file");
      const opened = found.map(async ({ file_id, mount_path }) => ({
        path: mount_path.slice(workspacePath.length + 1),
        content: (await files.openOf(projectId, file_id)).content,
      }));
      return { files: await Promise.all(opened) };
    },
    dropResources: resources.drop,
    async readFile(principal, fileId) {
      const { file, content } = await files.open(principal, fileId);
      if (file.size_bytes > longestAttachment) {
        throw refuseField(
          "file_id",
          `a file in a message may have at most ${longestAttachment} bytes, this has ${file.size_bytes}`,
        );
      }
      const bytes = new Uint8Array(file.size_bytes);
      let at = 0;
      for await (const piece of content) {
        bytes.set(piece, at);
        at += piece.length;
      }
      return { mediaType: file.mime_type, base64: parts.toBase64(bytes) };
    },
  };
}
