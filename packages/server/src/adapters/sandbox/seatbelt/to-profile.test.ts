import assert from "node:assert/strict";
import { test } from "node:test";
import { toProfile } from "./to-profile.ts";

const folders = {
  readable: ["/opt/agent"],
  writable: ["/private/tmp/home", '/private/tmp/a "b" \\c'],
  hidden: ["/Users/ada"],
  sockets: ["/private/tmp/door"],
  hostNetwork: false,
};

test("all is denied first, and what is hidden comes after what shows, but for what was given in it", () => {
  const lines = toProfile(folders).trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 2), ["(version 1)", "(deny default)"]);
  const hidden = lines.indexOf('(deny file-read* file-write* (subpath "/Users/ada"))');
  assert.ok(hidden > 2 && hidden === lines.length - 3);
  assert.ok(
    lines.slice(hidden + 1).every((line) => line.startsWith("(allow file-") && line.includes("/private/tmp/home")),
  );
});

test("names are quoted, and only what may be written is", () => {
  const profile = toProfile(folders);
  assert.ok(profile.includes('(subpath "/private/tmp/a \\"b\\" \\\\c")'));
  const writing = profile.split("\n").filter((line) => line.startsWith("(allow file-write*"));
  assert.ok(writing.length > 0 && writing.every((line) => !line.includes("/opt/agent")));
});

test("without a network only the sockets of the folders that were given are reached", () => {
  assert.match(toProfile(folders), /\(allow network-outbound \(subpath "\/private\/tmp\/door"\)\)/);
  assert.doesNotMatch(toProfile({ ...folders, sockets: [] }), /allow network/);
  assert.match(toProfile({ ...folders, hostNetwork: true }), /\(allow network\*\)/);
});
