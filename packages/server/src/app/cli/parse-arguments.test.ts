import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action } from "./control/action.ts";
import { type ControlCommandName, controlCommands } from "./control/control-commands.ts";
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

test("what a command needs behind its name is read, and missed where it is not there", () => {
  assert.deepEqual(parseArguments(["backup", "a.db", "--data", "d"]), {
    kind: "run",
    command: "backup",
    operand: "a.db",
    flags: { data: "d" },
  });
  assert.equal(mistakeOf("backup"), "backup: FILE is missing");
  assert.equal(mistakeOf("restore", "a", "b"), 'restore: "b" is not expected here');
});

test("an action of a command is read with what it works on and its flags", () => {
  assert.deepEqual(parseArguments(["keys", "rotate", "key_a", "--overlap", "1h", "--json"]), {
    kind: "control",
    command: "keys",
    action: "rotate",
    operands: ["key_a"],
    flags: { overlap: "1h", json: true },
  });
  assert.equal(mistakeOf("keys", "rotate"), "keys rotate: ID is missing");
  assert.equal(mistakeOf("keys", "rotate", "a", "b"), 'keys rotate: "b" is not expected here');
  assert.equal(
    mistakeOf("keys", "rotate", "a", "--overlp", "1h"),
    'keys rotate: unknown flag --overlp (did you mean "--overlap"?)',
  );
  assert.equal(mistakeOf("keys", "create", "--name", "a"), "keys create: --project ID|NAME is missing");
  assert.match(
    mistakeOf("keys", "rotat"),
    /^keys: unknown "rotat" \(did you mean "rotate"\?\); known are list, create, /,
  );
  assert.match(mistakeOf("keys", "constructor"), /^keys: unknown "constructor"; known are/);
  assert.equal(mistakeOf("key"), 'unknown command "key" (did you mean "keys"?)');
});

test("every action has help that names its flags and shows examples of itself", () => {
  for (const [command, { actions }] of Object.entries(controlCommands)) {
    const overview = parseArguments([command]);
    assert.deepEqual(overview, { kind: "help", command });
    for (const [name, action] of Object.entries(actions as Record<string, Action>)) {
      for (const argv of [
        [command, name, "--help"],
        ["help", command, name],
      ]) {
        assert.deepEqual(parseArguments(argv), { kind: "help", command, action: name });
      }
      const help = helpText(command as ControlCommandName, name);
      assert.match(help, new RegExp(`Examples:\n {2}gantry ${command} ${name}`));
      for (const flag of [...action.flags.map((one) => one.name), "url", "json"])
        assert.match(help, new RegExp(`--${flag}`));
      assert.ok(help.split("\n").every((line) => line.length <= 120));
      for (const example of action.examples) {
        const argv = example
          .replace(/ > .*$/, "")
          .split(" ")
          .slice(1);
        assert.equal(parseArguments(argv).kind, "control", example);
      }
    }
  }
});

test("the help of a command names each of its flags and shows examples", () => {
  for (const command of ["serve", "doctor", "demo-model", "backup", "restore"] as const) {
    const help = helpText(command);
    assert.match(help, /--(port N|data DIR)/);
    assert.match(help, new RegExp(`Examples:\n {2}gantry ${command}`));
    assert.ok(help.split("\n").every((line) => line.length <= 110));
  }
  assert.match(helpText("serve"), /GANTRY_MAX_PROCESSES/);
  assert.match(helpText(undefined), /gantry doctor/);
});
