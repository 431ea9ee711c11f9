import type { PermissionProfile } from "@gantry/contracts/access";
import { decide } from "../access/decide.ts";
import { decideTool } from "../access/decide-tool.ts";
import type { CapabilityOrigin } from "../ports/capability-files.ts";
import type { Definition } from "./definition.ts";

/** What decides: the key's profile, and the session's own where there is one. */
export type Profiles = readonly PermissionProfile[];

const fields = { agent: "agent", skill: "skill", command: "skill", mcp_server: "mcp_server" } as const;

/** A command is a skill that is called by its name, and so is under the profile's skills. */
function mayName(profiles: Profiles, kind: keyof typeof fields, name: string): boolean {
  return profiles.every((profile) => decide(profile, { kind: fields[kind], name }).action === "allow");
}

/** Whether those profiles let it be known that this is there. */
export function maySee(profiles: Profiles, definition: Definition): boolean {
  const kind = definition.kind === "broken" ? definition.of : definition.kind;
  return mayName(profiles, kind, definition.name) && maySeeOrigin(profiles, definition.origin);
}

function maySeeOrigin(profiles: Profiles, origin: CapabilityOrigin): boolean {
  switch (origin.kind) {
    case "settings":
    case "user":
    case "built_in":
      return true;
    case "plugin":
      return profiles.every((profile) => profile.ownerPlugins);
    case "project":
      return profiles.every(
        (profile) => decide(profile, { kind: "directory", name: origin.directory }).action === "allow",
      );
  }
}

/** Whether some use of the tool may be allowed. */
export function mayUseTool(profiles: Profiles, tool: string): boolean {
  return profiles.every((profile) => {
    const { action, rule } = decideTool(profile, { kind: "tool", tool });
    if (action !== "deny") return true;
    // A rule about an argument lets through some of its uses.
    return (
      !rule.startsWith("blockedTools") && profile.toolRules.some((one) => one.tool === tool && one.action !== "deny")
    );
  });
}
