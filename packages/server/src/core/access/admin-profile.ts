import type { PermissionProfile } from "@gantry/contracts/access";
import { defaultProfiles } from "./default-profiles.ts";

const widest = defaultProfiles.find(({ name }) => name === "enterprise");
if (widest === undefined) throw new Error("there is no profile for the admin key");

/** What the key of the data directory may do. It stands in no store, so that no change of a profile locks its owner out. */
export const adminProfile: PermissionProfile = { ...widest, name: "admin", version: 1, createdAt: 0 };
