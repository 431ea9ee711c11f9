import { z } from "zod";
import { baseUrl, variable } from "./upstreams.ts";

/** What goes out of the walls besides what profiles name, as data of the configuration. */

const hostEntry = z
  .string()
  .max(262)
  .regex(/^(\*|(\*\.)?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/, "HOST, *.DOMAIN or HOST:PORT");

const credential = {
  /** Name of the environment variable that holds it; nothing behind walls ever sees its value. */
  variable: variable.optional(),
  /** The header that it goes into. */
  header: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "a header's name in lower case")
    .refine((name) => !/^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|proxy-.*)$/.test(name))
    .default("authorization"),
  /** What stands before it in the header. */
  prefix: z
    .string()
    .max(64)
    .regex(/^[\x20-\x7e]*$/)
    .default("Bearer "),
};

const count = z.int().min(1).max(1_000_000);

export const egressSettings = z.strictObject({
  /** Hosts that may lie in a private network, or on this machine: all others must have public addresses. */
  privateHosts: z.array(hostEntry).max(1000).default([]),
  /**
   * `http://NAME.gantry.internal/` behind walls is this address outside, with the credential added by the server. A profile has to
   * name that host; `*` does not cover it.
   */
  gateways: z
    .record(
      z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower-case letters, digits and - only"),
      z.strictObject({ url: baseUrl, ...credential }),
    )
    .default({}),
  /** Added to requests in plain HTTP to a host, where the profile names it. */
  credentials: z
    .array(z.strictObject({ host: hostEntry, ...credential, variable }))
    .max(100)
    .default([]),
  /** Connections of one program at one time. */
  maxConnections: count.default(128),
  /** Requests and tunnels of one program in all; each is on its record. */
  maxRequests: count.default(10_000),
  /** Bytes of one program in both directions. */
  maxBytes: z
    .int()
    .min(1024)
    .max(Number.MAX_SAFE_INTEGER)
    .default(10 * 1024 ** 3),
  connectMs: z.int().min(1).max(600_000).default(10_000),
  idleMs: z.int().min(1).max(86_400_000).default(300_000),
});
export type EgressSettings = z.infer<typeof egressSettings>;
