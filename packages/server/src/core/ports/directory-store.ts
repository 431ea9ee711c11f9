import type { DirectoryAccess, RegisteredDirectory } from "@gantry/contracts/directories";
import type { Page, PageRequest } from "./control-store.ts";

/** The directories that administrators have registered. Not on the hot path. */
export interface DirectoryStore {
  /** Rejects with a `FailureError` of code `conflict` where the name is taken. */
  create(directory: RegisteredDirectory): Promise<RegisteredDirectory>;
  find(name: string): Promise<RegisteredDirectory | undefined>;
  list(page: PageRequest): Promise<Page<RegisteredDirectory>>;
  /** Undefined where there is no such directory. */
  setAccess(name: string, access: DirectoryAccess): Promise<RegisteredDirectory | undefined>;
  /** Whether there was one. */
  remove(name: string): Promise<boolean>;
}
