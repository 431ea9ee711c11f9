import assert from "node:assert/strict";
import { test } from "node:test";
import { helpText } from "./help.ts";
import { parseArguments } from "./parse-arguments.ts";

const mistakeOf = (...argv: string[]) => {
  const parsed = parseArguments(argv);
  return parsed.kind === "mistake" ? parsed.message : `no mistake but ${parsed.kind}`;
};

test("a command and its flags are read", () => {
  assert.deepEqual(parseArguments(["serve", "--port", "1", "--demo", "--data=a b"]), {
    kind: "run",
    command: "serve",
    flags: { port: "1", demo: true, data: "a b" },
  });
  assert.deepEqual(parseArguments(["doctor", "--json"]), { kind: "run", command: "doctor", flags: { json: true } });
});

test("help and version are found in every usual spelling", () => {
  for (const argv of [[], ["help"], ["--help"], ["-h"]]) {
    assert.deepEqual(parseArguments(argv), { kind: "help", command: undefined });
  }
  for (const argv of [
    ["serve", "--help"],
    ["serve", "--port", "1", "-h"],
    ["help", "serve"],
  ]) {
    assert.deepEqual(parseArguments(argv), { kind: "help", command: "serve" });
  }
  for (const word of ["version", "--version", "-v"]) assert.deepEqual(parseArguments([word]), { kind: "version" });
});

test("a mistake is one line that names the word, and the one that was probably meant", () => {
  assert.equal(mistakeOf("srve"), 'unknown command "srve" (did you mean "serve"?)');
  assert.equal(mistakeOf("constructor"), 'unknown command "constructor"');
  assert.equal(mistakeOf("serve", "--prot", "1"), 'serve: unknown flag --prot (did you mean "--port"?)');
  assert.equal(mistakeOf("serve", "--nosuchthing"), "serve: unknown flag --nosuchthing");
  assert.equal(mistakeOf("serve", "-p", "1"), "serve: unknown flag -p");
  assert.equal(mistakeOf("serve", "8006"), 'serve: "8006" is not expected here');
  assert.match(mistakeOf("serve", "--port"), /^serve: .*--port.*missing$/);
  assert.match(mistakeOf("serve", "--demo=1"), /^serve: .*--demo.* does not take an argument$/);
  assert.match(mistakeOf("serve", "--port", "--demo"), /^serve: .*--port[^\n]*$/);
  assert.match(mistakeOf("--port", "1"), /name a command before --port/);
});

test("the help of a command names each of its flags and shows examples", () => {
  for (const command of ["serve", "doctor", "demo-model"] as const) {
    const help = helpText(command);
    assert.match(help, /--port N/);
    assert.match(help, new RegExp(`Examples:\n {2}gantry ${command}`));
    assert.ok(help.split("\n").every((line) => line.length <= 110));
  }
  assert.match(helpText("serve"), /GANTRY_MAX_PROCESSES/);
  assert.match(helpText(undefined), /gantry doctor/);
});
