// `npm run openapi`: writes docs/openapi.json from the schemas that check requests. `-- --check` writes nothing: it says
// whether the file is as it should be, and what the last release's clients would lose. `-- --release` keeps the
// document as what the next release is compared with.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOpenApiDocument } from "../packages/server/src/app/openapi/create-openapi-document.ts";
import { readGantryVersion } from "../packages/server/src/app/version.ts";
import { findBreaks, type OpenApiDocument } from "./openapi/find-breaks.ts";
import { root } from "./run-command.ts";

const current = join(root, "docs", "openapi.json");
const released = join(root, "docs", "openapi", "released.json");
const text = `${JSON.stringify(createOpenApiDocument(readGantryVersion()), undefined, 2)}\n`;
const [wish] = process.argv.slice(2);

switch (wish) {
  case undefined:
    await writeFile(current, text);
    console.log(`${current} is written.`);
    await tellBreaks();
    break;
  case "--check": {
    const isCurrent = existsSync(current) && (await readFile(current, "utf8")) === text;
    if (!isCurrent)
      console.error("docs/openapi.json is not the document of this API: write it with `npm run openapi`.");
    if ((await tellBreaks()) > 0 || !isCurrent) process.exitCode = 1;
    break;
  }
  case "--release":
    await writeFile(current, text);
    // Nobody reads it, so it may be short.
    await writeFile(released, `${JSON.stringify(JSON.parse(text))}\n`);
    console.log(`${released} is what changes are compared with from now on.`);
    break;
  default:
    console.error(`openapi: there is no ${wish}. It takes nothing, --check or --release.`);
    process.exitCode = 2;
}

/** The number of what breaks clients of the last release. */
async function tellBreaks(): Promise<number> {
  if (!existsSync(released)) return 0;
  const before = JSON.parse(await readFile(released, "utf8")) as OpenApiDocument;
  const breaks = findBreaks(before, JSON.parse(text) as OpenApiDocument);
  for (const { place, what } of breaks) console.error(`breaks clients: ${place}: ${what}`);
  if (breaks.length === 0) console.log(`Nothing in it breaks clients of ${before.info.version}.`);
  return breaks.length;
}
