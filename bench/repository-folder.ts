import { dirname } from "node:path";

/** Absolute. */
export const repositoryFolder = dirname(import.meta.dirname);
