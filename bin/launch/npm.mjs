import { spawn } from "node:child_process";
import { basename } from "node:path";

const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--loglevel=error"];
/** No package of ours needs its install scripts; without a network three quick tries are enough to know. */
const careful = ["--ignore-scripts", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=4000"];
const errorTailBytes = 16_384;

/**
 * Runs npm in a folder and throws one sentence when it fails.
 * @param {string} directory
 * @param {string[]} args
 * @param {(pid: number) => void} onStart takes npm's pid
 */
export async function runNpm(directory, args, onStart) {
  const { code, errors } = await spawnNpm(directory, [...args, ...quiet, ...careful], onStart);
  if (code === 0) return;
  const reason = toReason(errors).replace(/\.+$/, "");
  throw new Error(
    `the dependencies could not be installed${reason === "" ? ` (npm ended with code ${code})` : `: ${reason}`}. ` +
      `Check the network and npm's registry setting, then start again.`,
  );
}

function spawnNpm(directory, args, onStart) {
  // Inside an npm script npm says where it lies; that works on every platform and needs no shell.
  const script = process.env.npm_execpath;
  const known = script !== undefined && basename(script) === "npm-cli.js";
  const [command, first] = known ? [process.execPath, [script]] : ["npm", []];
  const shell = !known && process.platform === "win32";
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: directory, stdio: ["ignore", "ignore", "pipe"], shell });
    child.once("spawn", () => onStart(child.pid));
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors = (errors + text).slice(-errorTailBytes);
    });
    child.once("error", (cause) =>
      reject(
        new Error(`npm cannot be started (${cause.message}); install Node with npm from https://nodejs.org`, { cause }),
      ),
    );
    child.once("close", (code, signal) => resolve({ code: code ?? signal, errors }));
  });
}

/** Picks npm's own words: the code and the sentence that follows it. */
function toReason(errors) {
  const lines = errors
    .split("\n")
    .map((line) => /^npm (?:error|ERR!) (.+)$/.exec(line.trim())?.[1]?.trim())
    .filter((line) => line !== undefined && !/^(errno|syscall|A complete log|A debug log|network This is)/.test(line));
  const code = lines.find((line) => line.startsWith("code "))?.slice("code ".length);
  const sentence = lines.find((line) => !line.startsWith("code "));
  return [code, sentence].filter(Boolean).join(", ");
}
