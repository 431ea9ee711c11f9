import { coversHost } from "../access/match-host.ts";
import type { EgressTarget } from "./egress-target.ts";
import { judgeAddress, type AddressKind } from "./judge-address.ts";

/** Kinds that an administrator can open for a host by name. Metadata, link-local and the like stay closed whatever is configured. */
const openable: readonly AddressKind[] = ["public", "loopback", "private", "shared"];

export type AddressVerdict =
  | { readonly addresses: readonly string[] }
  /** A sentence for whoever asked, without the address: that is nobody's business inside. */
  | { readonly refusal: string; readonly kind: AddressKind };

/**
 * Which of the addresses that a host has may be connected to. `privateHosts`: entries such as those of a profile, for hosts that may lie in
 * a network of one's own.
 */
export function checkAddresses(
  target: EgressTarget,
  addresses: readonly string[],
  privateHosts: readonly string[],
): AddressVerdict {
  const isOpened = privateHosts.some((entry) => coversHost(entry, target.host, target.port));
  const allowed = isOpened ? openable : ["public"];
  const kinds = addresses.map(judgeAddress);
  const good = addresses.filter((_address, index) => allowed.includes(kinds[index] ?? "unreadable"));
  if (good.length > 0) return { addresses: good };
  const kind = kinds[0] ?? "unreadable";
  return { kind, refusal: `The host has no address that may be reached (${kind.replace("_", "-")}).` };
}
