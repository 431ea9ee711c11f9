import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../../core/ports/clock.ts";
import type { ProgramResult, ProgramRun, ProgramRunner } from "../../core/ports/program-runner.ts";
import { killProcessTree } from "./process-tree.ts";
import { settlesWithin } from "./settles-within.ts";
import { spawnChild, type SpawnedChild } from "./spawn-child.ts";
import { createStderrTail } from "./stderr-tail.ts";

const noBytes = new Uint8Array();
const stdoutBytes = 1024 * 1024;
const stderrBytes = 8 * 1024;
/** After the program ended, something it left behind may hold the pipes. */
const pipesMs = 1_000;

export function createProgramRunner(clock: Clock): ProgramRunner {
  return {
    async run(program) {
      try {
        const child = await spawnChild({ ...program, cwd: program.cwd ?? "/" });
        return await follow(child, program, clock);
      } catch (error) {
        const stderr = error instanceof Error ? error.message : "";
        return { outcome: "not_started", code: null, stdout: "", output: noBytes, outputCut: false, stderr };
      }
    },
  };
}

async function follow(child: SpawnedChild, program: ProgramRun, clock: Clock): Promise<ProgramResult> {
  const { stdin, stdout, stderr } = child;
  const collected: Buffer[] = [];
  let room = program.maxOutputBytes ?? stdoutBytes;
  stdout.on("data", (chunk: Buffer) => {
    if (room > 0) collected.push(chunk.subarray(0, room));
    room -= chunk.length;
  });
  stdout.on("error", () => stdout.destroy());
  stdin.on("error", () => stdin.destroy());
  const tail = createStderrTail(stderr, stderrBytes);
  const pipesClosed = Promise.all(
    [stdout, stderr].map((stream) => new Promise((resolve) => stream.once("close", resolve))),
  );
  const input = program.input === undefined ? stdin.end() : feed(program.input, child);
  const inTime = await settlesWithin(child.gone, program.timeoutMs, clock);
  if (!inTime && !child.hasGone()) killProcessTree(child.pid);
  const { code } = await child.gone;
  await settlesWithin(pipesClosed, pipesMs, clock);
  for (const stream of [stdin, stdout, stderr]) stream.destroy();
  await input;
  const output = Buffer.concat(collected);
  return {
    outcome: inTime ? "ended" : "timed_out",
    code,
    stdout: output.toString("utf8"),
    output,
    outputCut: room < 0,
    stderr: tail(),
  };
}

/** A program that ends early reads no more, which is its own affair; what it was to read must not end early unnoticed. */
async function feed(input: AsyncIterable<Uint8Array>, { stdin, pid, hasGone }: SpawnedChild): Promise<void> {
  let failed = false;
  async function* watch() {
    try {
      yield* input;
    } catch {
      failed = true;
    }
    if (failed && !hasGone()) killProcessTree(pid);
  }
  await pipeline(Readable.from(watch()), stdin).catch(() => undefined);
}
