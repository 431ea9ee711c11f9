import { profileInput } from "@gantry/contracts/access";
import type { Principal } from "../../core/access/principal.ts";

/** For tests: a key of the default project that may do everything and has no limits. */
export const samplePrincipal: Principal = {
  keyId: "key_sample",
  keyName: "sample",
  projectId: "prj_default",
  owner: "prj_default",
  scopes: ["inference", "tasks", "sessions", "approve", "admin"],
  profile: { ...profileInput.parse({ name: "sample", allowedModels: ["*"] }), version: 1, createdAt: 0 },
  limits: {},
  aliases: {},
  cache: { enabled: false, maxAgeSeconds: 1 },
};
