import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes as they go over the network. */
const mostBytes = 16_000;

test("the client bundles for browsers, with nothing of Node and no schema library, and stays small", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${import.meta.dirname}/index.ts`],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    logLevel: "silent",
  });
  const [file] = outputFiles;
  assert.ok(file);
  const others = Object.keys(metafile.inputs).filter((path) => !path.startsWith("packages/sdk/src/"));
  assert.ok(
    others.every((path) => /contracts\/src\/errors\.ts$|node_modules\/eventsource-parser\//.test(path)),
    String(others),
  );
  const size = gzipSync(file.contents).byteLength;
  assert.ok(size < mostBytes, `${size} bytes`);
});
