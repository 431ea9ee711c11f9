import type { WallsAbility } from "../../core/ports/walls-spec.ts";
import type { Credential } from "../credential.ts";
import type { SandboxReport, ServerFacts } from "../running-server.ts";

/** What a start prints: where it listens, with which credential, behind which walls, and a request to paste. */
export function toBanner(facts: ServerFacts): string {
  const url = toUrl(facts.address);
  return [
    "",
    `  Gantry listens on ${url}`,
    ...(isLoopback(facts.address.host)
      ? []
      : ["              Other machines can reach it: keep the admin key to yourself."]),
    "",
    ...section("Model", describeCredential(facts.credential)),
    ...section("Agent", [`Claude Code ${facts.claudeVersion ?? "(version not known yet)"}`]),
    ...section("Sandbox", describeSandbox(facts.sandbox)),
    ...section("Store", [
      facts.store === "sqlite" ? "embedded, in the data directory" : "PostgreSQL, shared with all servers that name it",
    ]),
    ...section("Admin key", [facts.adminKeyFile]),
    "",
    "  Try it:",
    "",
    toCurl(url, facts),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? title : "").padEnd(12)}${line}`);
}

function describeCredential(credential: Credential): string[] {
  if (credential.kind === "demo") {
    return [
      "DEMO: the real CLI talks to a scripted model on this machine; no account is used.",
      "For real answers set ANTHROPIC_API_KEY, or log in with: claude auth login",
    ];
  }
  if (credential.kind === "api-key")
    return [`API key from ${credential.source}; every token is billed to its account.`];
  const source = credential.source === "login" ? "the CLI's own login" : credential.source;
  return [
    `subscription (${source})`,
    "The vendor's terms allow that only through the CLI itself and for the owner's own use:",
    "do not offer this server to others.",
  ];
}

/** What a missing ability means to whoever starts the server. */
const losses: Readonly<Record<WallsAbility, string>> = {
  files: "the CLI can read whatever you can read",
  network: "the CLI reaches whatever you can reach",
  processes: "the CLI sees the processes of this machine, and a killed server may leave CLI processes behind",
  user: "the CLI runs as your own user",
  memory: "the memory of a CLI process is not bounded",
  cpu: "its share of the processor is not bounded",
  process_count: "what it starts is not counted",
  disk: "what it writes is not counted",
  wall_time: "it may run for ever",
};

function describeSandbox({ kind, enforced, gaps, problem, advice }: SandboxReport): string[] {
  const remedies = new Set(gaps.flatMap((gap) => gap.remedy ?? []));
  return [
    kind === "none" ? "none" : `${kind}: enforces ${enforced.join(", ")}`,
    ...(problem === undefined ? [] : [`Reason: ${problem}`]),
    ...(gaps.length === 0 ? [] : [`Without it: ${gaps.map(({ ability }) => losses[ability]).join("; ")}.`]),
    ...(advice === undefined ? [...remedies].map((remedy) => `To get more: ${remedy}`) : [`To get it: ${advice}`]),
  ];
}

/** One line, so that it survives being pasted anywhere. */
function toCurl(url: string, { adminKeyFile, credential }: ServerFacts): string {
  const content = credential.kind === "demo" ? "Hello! Who are you?" : "Say hello in one sentence.";
  const body = JSON.stringify({ model: "haiku", stream: true, messages: [{ role: "user", content }] });
  return (
    `curl -N ${url}/v1/chat/completions -H "Authorization: Bearer $(cat ${shellQuote(adminKeyFile)})" ` +
    `-H "Content-Type: application/json" -d ${shellQuote(body)}`
  );
}

/** Quotes for a POSIX shell; within `"$(…)"` the quotes begin afresh. */
function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The address to call: a wildcard address is listened on, but called on loopback. */
function toUrl({ host, port }: ServerFacts["address"]): string {
  const called = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${called.includes(":") ? `[${called}]` : called}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
