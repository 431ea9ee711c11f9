import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sampling } from "@gantry/contracts/completion";
import fc from "fast-check";
import { defaultSettings, sameSettings, toRuntimeSettings } from "./runtime-settings.ts";

const given = (settings: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ""));

test("a turn that asks for nothing has the settings of a fresh process", () => {
  assert.deepEqual(toRuntimeSettings({ sampling: {} }), defaultSettings);
  assert.deepEqual(toRuntimeSettings({ sampling: { stopSequences: [] } }), defaultSettings);
});

test("every setting of a turn is there, and thinking is off where the provider would refuse it", () => {
  assert.deepEqual(given(toRuntimeSettings({ sampling: { temperature: 0 } })), {
    CLAUDE_CODE_EXTRA_BODY: '{"temperature":0}',
    CLAUDE_CODE_DISABLE_THINKING: "1",
  });
  assert.deepEqual(given(toRuntimeSettings({ sampling: { temperature: 1, topP: 1 } })), {
    CLAUDE_CODE_EXTRA_BODY: '{"temperature":1,"top_p":1}',
  });
  assert.deepEqual(given(toRuntimeSettings({ sampling: { stopSequences: ["\n", "END"], maxOutputTokens: 64_000 } })), {
    CLAUDE_CODE_EXTRA_BODY: '{"stop_sequences":["\\n","END"]}',
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: "64000",
  });
  assert.deepEqual(given(toRuntimeSettings({ sampling: { maxOutputTokens: 1 } })), {
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: "1",
    CLAUDE_CODE_DISABLE_THINKING: "1",
  });
  assert.deepEqual(given(toRuntimeSettings({ sampling: {}, traceparent: "00-1-2-01" })), {
    ANTHROPIC_CUSTOM_HEADERS: "traceparent: 00-1-2-01",
  });
});

const sampling: fc.Arbitrary<Sampling> = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 3 }),
    temperature: fc.constantFrom(0, 0.5, 1),
    topP: fc.constantFrom(0.5, 1),
    stopSequences: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

test("settings name every variable that any turn sets, so that none outlives its turn", () => {
  fc.assert(
    fc.property(sampling, (asked) => {
      assert.deepEqual(
        Object.keys(toRuntimeSettings({ sampling: asked })).toSorted(),
        Object.keys(defaultSettings).toSorted(),
      );
    }),
  );
});

test("settings are the same exactly when nothing would have to be changed", () => {
  fc.assert(
    fc.property(sampling, sampling, (left, right) => {
      const [one, other] = [toRuntimeSettings({ sampling: left }), toRuntimeSettings({ sampling: right })];
      assert.equal(sameSettings(one, other), JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});
