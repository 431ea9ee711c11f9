import assert from "node:assert/strict";
import { test } from "node:test";
import { modelRoutes, upstreamEntry, type ModelRoutes } from "@gantry/contracts/upstreams";
import type { Upstream } from "../ports/upstream-client.ts";
import { findRouteProblem, resolveTargets, type ModelMap } from "./resolve-targets.ts";

function toMap(routes: ModelRoutes, fallback?: string): ModelMap {
  const entries = [
    { kind: "anthropic" },
    { kind: "openai", api: "responses" },
    { kind: "openai-compatible", baseUrl: "http://127.0.0.1:11434/v1" },
    { kind: "azure-openai", baseUrl: "https://name.openai.azure.com" },
  ];
  const upstreams = entries.map((entry): Upstream => ({
    name: entry.kind,
    entry: upstreamEntry.parse(entry),
    credentials: [],
  }));
  return { upstreams, routes: modelRoutes.parse(routes), fallback };
}

const describe = (names: readonly string[], map: ModelMap): string[] =>
  resolveTargets({ names, ...map }).map(({ upstream, dialect, model }) => `${upstream.name} ${dialect} ${model}`);

test("the first route that matches counts, and lists its targets in order", () => {
  const map = toMap(
    [
      { model: "claude-*haiku*", to: ["openai-compatible/library/qwen3:4b", "openai/gpt-small"] },
      { model: "claude-*", to: ["anthropic"], driver: "direct" },
      { model: "*", to: ["azure-openai/gpt"], driver: "claude" },
    ],
    "openai",
  );
  assert.deepEqual(describe(["claude-haiku-4-5"], map), [
    "openai-compatible openai-chat library/qwen3:4b",
    "openai openai-responses gpt-small",
  ]);
  assert.deepEqual(describe(["claude-opus-4"], map), ["anthropic anthropic-messages claude-opus-4"]);
  assert.deepEqual(describe(["my-gpt"], map), ["azure-openai openai-chat gpt"]);
});

test("a model is found by any of its names, and called by its full one", () => {
  const byAlias = toMap([{ model: "sonnet", to: ["anthropic"] }]);
  const byName = toMap([{ model: "claude-sonnet-*", to: ["anthropic"] }]);
  const expected = ["anthropic anthropic-messages claude-sonnet-5"];
  assert.deepEqual(describe(["sonnet", "claude-sonnet-5"], byAlias), expected);
  assert.deepEqual(describe(["sonnet", "claude-sonnet-5"], byName), expected);
  assert.deepEqual(describe(["claude-sonnet-5"], byAlias), []);
});

test("the fallback serves what no route is for; without one nobody does", () => {
  assert.deepEqual(describe(["any"], toMap([], "anthropic")), ["anthropic anthropic-messages any"]);
  assert.deepEqual(describe(["any"], toMap([])), []);
  assert.deepEqual(describe(["any"], toMap([], "none")), []);
});

test("a name that looks like a pattern is a name", () => {
  const map = toMap([{ model: "claude-opus", to: ["anthropic"] }]);
  assert.deepEqual(describe(["*"], map), []);
  assert.deepEqual(describe([""], map), []);
});

test("routes to nowhere are told before they are used", () => {
  assert.equal(findRouteProblem(toMap([{ model: "*", to: ["openai/gpt"] }], "none")), undefined);
  const lost = toMap([
    { model: "a", to: ["openai"] },
    { model: "b", to: ["opena/gpt", "openai"] },
  ]);
  assert.match(
    findRouteProblem(lost) ?? "",
    /^models\.1\.to: opena\/gpt: there is no such upstream; known are: anthropic, /,
  );
  assert.deepEqual(describe(["b"], lost), ["openai openai-responses b"]);
});
