// Writes the pages of docs/ that are made from code.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationPage } from "./configuration-page.ts";
import { observabilityPage } from "./observability-page.ts";
import { root } from "./run-command.ts";

await writeFile(join(root, "docs", "configuration.md"), configurationPage());
await writeFile(join(root, "docs", "observability.md"), observabilityPage());
