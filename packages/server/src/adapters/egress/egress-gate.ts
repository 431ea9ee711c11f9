import { isIP } from "node:net";
import { checkAddresses } from "../../core/egress/check-addresses.ts";
import { decideEgress, type EgressDecision } from "../../core/egress/decide-egress.ts";
import { formatAuthority, type EgressTarget } from "../../core/egress/egress-target.ts";
import type { EgressDoorRules, EgressEvent } from "../../core/ports/egress-door.ts";
import type { EgressParts } from "./egress-parts.ts";
import { settleWithin } from "./settle-within.ts";

/** What is asked of the proxy. */
export interface Passage {
  readonly method: string;
  readonly target: EgressTarget;
  /**
   * Where it really goes, for a gateway: as the configuration has it, so that its addresses may be private. An entry for all hosts does not
   * open it.
   */
  readonly gateway?: EgressTarget;
  readonly withCredential: boolean;
}

export interface Refusal {
  readonly status: 403 | 429 | 502;
  readonly sentence: string;
}

export interface Admission {
  readonly addresses: readonly string[];
  /** To be called once, when it is over. */
  closed(outcome: "done" | "failed" | "cut", bytes: { readonly sent: number; readonly received: number }): void;
}

/** Lets through or refuses, one door's connections, and tells the record of each before a byte goes out. */
export interface EgressGate {
  admit(passage: Passage): Promise<Admission | Refusal>;
  /** Tells that it does not go out, whatever the profile says. */
  refuse(passage: Passage, rule: string, sentence: string): Refusal;
  /** What cannot even be read. */
  refuseUnreadable(method: string, text: string): Refusal;
  decide(target: EgressTarget): EgressDecision;
}

export function createEgressGate(parts: EgressParts, { profile, record, outerProxy }: EgressDoorRules): EgressGate {
  const { settings, clock, resolve } = parts;
  let asked = 0;

  function tell(
    told: Pick<EgressDecision, "verdict" | "rule" | "reason">,
    { method, target, withCredential }: Passage,
    addresses?: readonly string[],
  ): number {
    asked += 1;
    record({
      type: "egress.decided",
      id: asked,
      at: clock.epoch(),
      method,
      ...target,
      verdict: told.verdict,
      rule: told.rule,
      reason: told.reason,
      ...(addresses === undefined ? {} : { addresses }),
      withCredential,
    });
    return asked;
  }

  /** What is not on the record does not go out: so there is an end to it. */
  function refuseMore(passage: Passage): Refusal | undefined {
    if (asked < settings.maxRequests) return undefined;
    const sentence = `This program has made ${settings.maxRequests} requests, which is all it may.`;
    if (asked === settings.maxRequests) tell({ verdict: "refused", rule: "maxRequests", reason: sentence }, passage);
    return { status: 429, sentence };
  }

  function refuse(passage: Passage, rule: string, sentence: string): Refusal {
    const more = refuseMore(passage);
    if (more !== undefined) return more;
    tell({ verdict: "refused", rule, reason: sentence }, passage);
    return { status: 403, sentence };
  }

  async function findAddresses({ host }: EgressTarget): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    return await settleWithin(resolve(host), settings.connectMs, clock, "the name was not resolved in time");
  }

  function admitted(id: number, addresses: readonly string[]): Admission {
    const started = clock.now();
    return {
      addresses,
      closed(outcome, { sent, received }) {
        const durationMs = Math.round(clock.now() - started);
        const event: EgressEvent = {
          type: "egress.closed",
          id,
          at: clock.epoch(),
          sentBytes: sent,
          receivedBytes: received,
          durationMs,
          outcome,
        };
        record(event);
      },
    };
  }

  return {
    decide: (target) => decideEgress(profile, target),
    refuse,
    refuseUnreadable(method, text) {
      const passage = { method, target: { host: text.slice(0, 100), port: 0 }, withCredential: false };
      const sentence =
        "The address is not one that this proxy takes: HOST:PORT for CONNECT, http://HOST/PATH otherwise.";
      return refuse(passage, "address", sentence);
    },
    async admit(passage) {
      const more = refuseMore(passage);
      if (more !== undefined) return more;
      const { target, gateway } = passage;
      const decision = decideEgress(profile, target);
      if (decision.verdict === "refused") return refuse(passage, decision.rule, decision.reason);
      if (gateway !== undefined && !decision.named) {
        return refuse(passage, "default", "The profile does not name this gateway.");
      }
      // Told before the name is asked for: to ask is to reach out already.
      if (outerProxy !== undefined && passage.method === "CONNECT") return admitted(tell(decision, passage), []);
      const found = await findAddresses(gateway ?? target).catch(() => undefined);
      if (found === undefined || found.length === 0) {
        admitted(tell(decision, passage), []).closed("failed", { sent: 0, received: 0 });
        return { status: 502, sentence: "The name of the host could not be resolved." };
      }
      const opened = gateway === undefined ? settings.privateHosts : [formatAuthority(gateway)];
      const checked = checkAddresses(gateway ?? target, found, opened);
      if ("refusal" in checked) return refuse(passage, `address: ${checked.kind}`, checked.refusal);
      return admitted(tell(decision, passage, checked.addresses), checked.addresses);
    },
  };
}
