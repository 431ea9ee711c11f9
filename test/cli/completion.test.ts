// Only bash is tried here; zsh and fish are not on every machine.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commands } from "../../packages/server/src/app/cli/commands.ts";
import { completionScript } from "../../packages/server/src/app/cli/completion/completion-script.ts";
import { controlCommands } from "../../packages/server/src/app/cli/control/control-commands.ts";
import { parseArguments } from "../../packages/server/src/app/cli/parse-arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "gantry-completion-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "script"), completionScript("bash"));

/** What bash offers behind each of the lines, whose last word is the half-written one. Programs are out of its reach. */
function complete(...lines: readonly (readonly string[])[]): string[][] {
  const program = `set -u
source script
while IFS= read -r -d '' count; do
  COMP_WORDS=()
  for ((; count > 0; count--)); do IFS= read -r -d '' word; COMP_WORDS+=("$word"); done
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _gantry gantry "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
  echo "\${COMPREPLY[*]-}"
done`;
  const input = lines
    .map((words) => [words.length + 1, "gantry", ...words].map((word) => `${word}\0`).join(""))
    .join("");
  const options = { cwd: folder, input, encoding: "utf8", env: { PATH: "/nonexistent" }, timeout: 60_000 } as const;
  const answer = execFileSync("/bin/bash", ["--norc", "--noprofile", "-c", program], options);
  return answer
    .split("\n")
    .slice(0, lines.length)
    .map((line) => line.split(" ").filter((word) => word !== ""));
}

test("commands, actions, flags and the values of a choice are offered", () => {
  const [first, half, actions, action, flags, flag, choice, halfChoice, signed, halfSigned] = complete(
    [""],
    ["ke"],
    ["keys", ""],
    ["keys", "ro"],
    ["keys", "rotate", "key_a", "--"],
    ["keys", "rotate", "key_a", "--ov"],
    ["serve", "--sandbox", ""],
    ["serve", "--demo", "--sandbox", "b"],
    ["serve", "--sandbox", "="],
    ["serve", "--sandbox", "=", "sea"],
  );
  for (const name of [...Object.keys(commands), ...Object.keys(controlCommands), "apply", "help"]) {
    assert.ok(first?.includes(name), name);
  }
  assert.deepEqual(half, ["keys"]);
  assert.deepEqual(
    actions?.filter((word) => !word.startsWith("-")),
    Object.keys(controlCommands.keys.actions),
  );
  assert.deepEqual(action, ["rotate"]);
  assert.deepEqual(flags, ["--overlap", "--url", "--data", "--json", "--help"]);
  assert.deepEqual(flag, ["--overlap"]);
  assert.deepEqual(choice, ["auto", "bubblewrap", "docker", "seatbelt", "none"]);
  assert.deepEqual(halfChoice, ["bubblewrap"]);
  assert.deepEqual(signed, choice);
  assert.deepEqual(halfSigned, ["seatbelt"]);
});

test("nothing is offered where only the person knows, and files are left to bash", () => {
  const answers = complete(
    ["serve", "--port", ""],
    ["serve", "--port", "=", "80"],
    ["keys", "create", "--name", ""],
    ["backup", ""],
    ["nosuch", ""],
    ["keys", "nosuch", ""],
    ["serve", "--nosuch", "zzz"],
  );
  assert.deepEqual(answers.flat(), []);
  assert.ok(completionScript("bash").includes("complete -o default -F _gantry gantry"));
});

test("nothing that was typed is evaluated", () => {
  const hostile = [
    "$(>x)",
    "`>x`",
    "<(>x)",
    "x[$(>x)]",
    "'",
    '"',
    "*",
    "a;>x",
    "--$(>x)",
    "\\",
    "-n",
    "keys)",
    "\n>x",
    "$((x[$(>x)]))",
  ];
  const lines = hostile.flatMap((word) => [
    [word],
    [word, ""],
    ["keys", word],
    ["keys", word, ""],
    ["serve", "--sandbox", word],
    ["serve", word, "="],
  ]);
  const offered = new Set(complete(...lines).flat());
  for (const word of hostile) assert.ok(!offered.has(word), word);
  assert.deepEqual(readdirSync(folder), ["script"]);
});

test("the shells that are offered are those that gantry takes", () => {
  const [shells] = complete(["completion", ""]);
  assert.deepEqual(shells, ["bash", "zsh", "fish", "--help"]);
  for (const shell of ["bash", "zsh", "fish"]) assert.equal(parseArguments(["completion", shell]).kind, "run");
  assert.deepEqual(parseArguments(["completion", "tcsh"]), {
    kind: "mistake",
    message: 'completion: "tcsh" is not one of bash, zsh, fish',
  });
});
