import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pageMarkup, pageScript, pageStyle } from "./page-source.ts";

/** Nothing of another server is loaded, asked or shown, and no script runs that is not a file of ours. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

interface PageFile {
  readonly type: string;
  readonly content: string | Uint8Array;
}

const own: Readonly<Record<string, PageFile>> = {
  "index.html": { type: "text/html; charset=utf-8", content: pageMarkup },
  "start.js": { type: "text/javascript; charset=utf-8", content: pageScript },
  "start.css": { type: "text/css; charset=utf-8", content: pageStyle },
};

/** Files of Swagger UI, by their types. */
const library: Readonly<Record<string, string>> = {
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
};

/** How a file of the page is read; undefined where there is none of that name. */
export function readPageFile(name: string): (() => Promise<PageFile>) | undefined {
  const file = Object.hasOwn(own, name) ? own[name] : undefined;
  if (file !== undefined) return async () => file;
  const type = Object.hasOwn(library, name) ? library[name] : undefined;
  return type === undefined ? undefined : async () => ({ type, content: await readFile(findLibraryFile(name)) });
}

/** Beside the built program, or in the package where the sources run. */
function findLibraryFile(name: string): string {
  const beside = join(import.meta.dirname, name);
  return existsSync(beside) ? beside : createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`);
}
