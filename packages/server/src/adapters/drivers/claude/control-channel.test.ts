import assert from "node:assert/strict";
import { test } from "node:test";
import { createControlChannel } from "./control-channel.ts";
import { cli, createTestProcess } from "./test-process.ts";

function open() {
  const process = createTestProcess();
  const channel = createControlChannel(process);
  const answer = (line: object) => {
    // What is taken is a line that was parsed, which the test's lines are by their shape.
    channel.take(JSON.parse(JSON.stringify(line)));
  };
  return { process, channel, answer };
}

test("answers find their requests, in whatever order they come", async () => {
  const { process, channel, answer } = open();
  const asked = [channel.request({ subtype: "one" }), channel.request({ subtype: "two" })];
  const [first, second] = process.written;
  assert.ok(first !== undefined && second !== undefined);
  assert.notEqual(first.request_id, second.request_id);
  answer(cli.granted(second, { is: 2 }));
  answer(cli.granted(first, { is: 1 }));
  assert.deepEqual(await Promise.all(asked), [{ is: 1 }, { is: 2 }]);
});

test("a request that the CLI refuses fails with its reason", async () => {
  const { process, channel, answer } = open();
  const asked = channel.request({ subtype: "one" });
  answer(cli.refused(process.written[0] ?? {}));
  await assert.rejects(asked, /refused a control request: no/);
});

test("answers that nobody asked for, or that come twice, are dropped", async () => {
  const { process, channel, answer } = open();
  const asked = channel.request({ subtype: "one" });
  answer(cli.granted({ request_id: "nobody's" }));
  const [line] = process.written;
  answer(cli.granted(line ?? {}, { is: 1 }));
  answer(cli.refused(line ?? {}));
  assert.deepEqual(await asked, { is: 1 });
});

test("closing fails what waits and what comes", async () => {
  const { channel } = open();
  const asked = channel.request({ subtype: "one" });
  channel.close(new Error("gone"));
  await assert.rejects(asked, /gone/);
  await assert.rejects(channel.request({ subtype: "two" }), /gone/);
});

test("a request that cannot be written fails", async () => {
  const { process, channel } = open();
  process.end(1);
  await assert.rejects(channel.request({ subtype: "one" }), /gone/);
});
