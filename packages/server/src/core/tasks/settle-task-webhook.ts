import type { Webhook } from "@gantry/contracts/webhooks";
import { toClaimedId } from "../control/to-claimed-id.ts";
import type { Principal } from "../access/principal.ts";
import type { Actor } from "../control/actor.ts";
import type { AuditRecorder } from "../control/audit-recorder.ts";
import { refuseField, refuseState } from "../control/refusals.ts";
import { checkAddresses } from "../egress/check-addresses.ts";
import { parseAuthority } from "../egress/egress-target.ts";
import { judgeAddress } from "../egress/judge-address.ts";
import { formatWebhookSecret } from "../webhooks/sign-webhook.ts";
import type { TaskParts } from "./task-parts.ts";

type Parts = Pick<TaskParts, "webhooks" | "privateHosts" | "digest" | "clock" | "randomBytes">;

const prefix = "whk_task";
const field = "webhook";
const secretBytes = 32;
/** Endpoints that the tasks of a project have made; who needs more registers one. */
const mostOfProject = 200;

/** Rejects with a `FailureError` where a task may not name this; makes nothing. */
export async function checkTaskWebhook(parts: Parts, principal: Principal, wanted: string): Promise<void> {
  await findOrPlan(parts, principal, wanted);
}

/**
 * The endpoint that a task names: by the id of a registered one of its project, or by an address. An address has an endpoint of its own for each
 * key, which the first task makes that names it; it is told nothing but what becomes of those tasks. Rejects with a `FailureError`.
 */
export async function settleTaskWebhook(
  parts: Parts,
  audit: AuditRecorder,
  { principal, actor }: { readonly principal: Principal; readonly actor: Actor },
  wanted: string,
): Promise<string> {
  const { id, isThere } = await findOrPlan(parts, principal, wanted);
  if (isThere) return id;
  const { projectId } = principal;
  const change = { action: "webhook.created", target: `webhook:${id}`, projectId, payload: { url: wanted } };
  await audit.record(actor, change, async ({ webhooks }) => {
    const secret = formatWebhookSecret(parts.randomBytes(secretBytes));
    const made = { id, projectId, url: wanted, events: [], description: "Named by tasks.", secret };
    await webhooks.create({ ...made, createdAt: parts.clock.epoch() }).catch(async (error: unknown) => {
      // Two tasks at the same time: one of them has made it.
      if ((await parts.webhooks.get(id)) === undefined) throw error;
    });
  });
  return id;
}

async function findOrPlan(
  parts: Parts,
  principal: Principal,
  wanted: string,
): Promise<{ readonly id: string; readonly isThere: boolean }> {
  if (!isAddress(wanted)) return { id: (await findRegistered(parts, principal, wanted)).id, isThere: true };
  checkAddress(parts, wanted);
  const id = toOwnId(parts, principal, wanted);
  const found = await parts.webhooks.get(id);
  if (found !== undefined) return { id: requireEnabled(found).id, isThere: true };
  const { items } = await parts.webhooks.list({ projectId: principal.projectId, limit: 1000 });
  if (items.filter((webhook) => webhook.id.startsWith(`${prefix}_`)).length < mostOfProject)
    return { id, isThere: false };
  throw refuseState(
    `Tasks of this project name ${mostOfProject} addresses already: register a webhook, and name its id.`,
  );
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** What an endpoint that a task made by its address is signed with: for the key that named it, and no other. */
export async function readTaskSecret(parts: Parts, principal: Principal, wanted: string): Promise<string | undefined> {
  if (!isAddress(wanted)) return undefined;
  return (await parts.webhooks.find(toOwnId(parts, principal, wanted)))?.secret;
}

function toOwnId({ digest }: Parts, { keyId }: Principal, url: string): string {
  return toClaimedId(prefix, keyId, url, digest);
}

async function findRegistered({ webhooks }: Parts, { projectId }: Principal, id: string): Promise<Webhook> {
  const found = await webhooks.get(id);
  if (found === undefined || found.projectId !== projectId) {
    throw refuseField(field, "expected an https address, or the id of a webhook of the key's project");
  }
  return requireEnabled(found);
}

function requireEnabled(webhook: Webhook): Webhook {
  if (webhook.disabled)
    throw refuseField(field, `the endpoint ${webhook.id} is disabled, after too many failures or by an administrator`);
  return webhook;
}

/** Names are judged at each attempt, by the addresses that they have then; an address that is written out can be judged now. */
function checkAddress({ privateHosts }: Parts, text: string): void {
  const url = URL.parse(text);
  if (url === null || /#|:\/\/[^/]*@/.test(text))
    throw refuseField(field, "expected an address without user and fragment");
  const target = parseAuthority(url.host, url.protocol === "https:" ? 443 : 80);
  if (target === undefined) {
    throw refuseField(field, "expected a host that can be judged: a name, or an address in its plain form");
  }
  const literal = target.host.replace(/^\[|\]$/g, "");
  if (judgeAddress(literal) === "unreadable") return;
  const verdict = checkAddresses(target, [literal], privateHosts);
  if ("refusal" in verdict) throw refuseField(field, verdict.refusal);
}
