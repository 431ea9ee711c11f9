import { FailureError, toFailure } from "@gantry/contracts/errors";
import { posix } from "node:path";
import type { HomeFile } from "../../../../core/ports/process-host.ts";
import type { ToolCall, WorkSpec } from "../../../../core/ports/work-driver.ts";

/** The CLI's own configuration, within the home. */
const configFolder = ".claude";

/** Subagents, skills and a page of instructions as files of the CLI's configuration. Throws a `FailureError` for names that are none. */
export function toConfigFiles({ agents = [], skills = [], instructions }: WorkSpec): HomeFile[] {
  const files = [
    ...agents.map(({ name, markdown }) => ({ path: `agents/${checkName(name)}.md`, content: markdown })),
    ...skills.flatMap(({ name, files: own }) =>
      own.map(({ path, content }) => ({ path: `skills/${checkName(name)}/${checkPath(path)}`, content })),
    ),
    ...(instructions === undefined ? [] : [{ path: "CLAUDE.md", content: instructions }]),
  ];
  return files.map(({ path, content }) => ({ path: `${configFolder}/${path}`, content, readOnly: true }));
}

function checkName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name)) return name;
  throw refusal(
    "Expected the name of a subagent or skill to consist of letters, digits, dots, dashes and underscores.",
  );
}

function checkPath(path: string): string {
  const isPlain = path !== "" && posix.normalize(path) === path && !/^\/|^\.\.?(\/|$)|\/$|[\0\\]/.test(path);
  if (isPlain && path.length <= 512) return path;
  throw refusal("Expected the path of a skill's file to lie within the skill's folder.");
}

function refusal(message: string): FailureError {
  return new FailureError(toFailure("invalid_request", message));
}

/** Tools that write a file, with the field that names it. */
const writers: Readonly<Record<string, string>> = {
  Edit: "file_path",
  MultiEdit: "file_path",
  NotebookEdit: "notebook_path",
  Write: "file_path",
};

/**
 * Whether a call would change the CLI's own configuration, whose hooks run with no question asked. An agent that may run commands can do so anyway;
 * one that may not is kept from it.
 */
export function changesConfig(
  call: ToolCall,
  place: { readonly home: string; readonly workingDirectory: string },
): boolean {
  const field = writers[call.tool];
  const path = field === undefined ? undefined : call.input[field];
  if (typeof path !== "string") return false;
  const way = posix.relative(
    `${place.home}/${configFolder}`,
    posix.resolve(place.workingDirectory, expandHome(path, place.home)),
  );
  return way !== ".." && !way.startsWith("../");
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? home + path.slice(1) : path;
}
