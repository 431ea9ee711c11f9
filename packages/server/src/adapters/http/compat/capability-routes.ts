import { capabilities } from "@gantry/contracts/capabilities";
import type { CapabilityService } from "../../../core/capabilities/capability-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";

export const capabilityOperations = {
  listCapabilities: {
    method: "GET",
    path: "/v1/capabilities",
    summary:
      "Agents, skills, commands, plugins, MCP servers and tools that work here can be given, as far as the key's profile lets them be seen. " +
      "What is broken is listed with the reason.",
    access: "any",
    answer: capabilities,
  },
} as const satisfies Record<string, Operation>;

export function createCapabilityHandlers(
  service: Pick<CapabilityService, "list">,
): Handlers<typeof capabilityOperations> {
  return { listCapabilities: ({ principal }) => service.list(principal) };
}
