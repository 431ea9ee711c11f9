import type { EgressDoor, EgressDoors, EgressEvent } from "../../../core/ports/egress-door.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ClaudeUpstream } from "./claude-environment.ts";

/** Where the CLI calls its models, and where it has its login renewed (the second and the third, by its version). */
const vendorHosts = ["api.anthropic.com", "platform.claude.com", "console.anthropic.com"];

/** A way for one process with a login of its own: to its vendor, through the owner's proxy where there is one, and nowhere else. */
export function openVendorWay(egress: EgressDoors, { variables }: ClaudeUpstream, log: Log): Promise<EgressDoor> {
  const outerProxy = variables["HTTPS_PROXY"] ?? variables["https_proxy"];
  return egress.open({
    profile: { networkAccess: true, networkMode: "enforce", networkHosts: [...vendorHosts] },
    ...(outerProxy === undefined ? {} : { outerProxy }),
    record: (event) => note(event, log),
  });
}

function note(event: EgressEvent, log: Log): void {
  if (event.type !== "egress.decided") return;
  const { host, port, verdict, reason } = event;
  if (verdict === "allowed") log.debug({ host, port }, "the CLI reaches its vendor");
  else log.warn({ host, port, reason }, "the CLI was refused a host that is not its vendor's");
}
