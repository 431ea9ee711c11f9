import { readMainArgument } from "./main-argument.ts";

const commandRisks: readonly (readonly [pattern: RegExp, note: string])[] = [
  [/\brm\b|\brmdir\b|\bunlink\b|\bshred\b|\btruncate\b/, "It deletes files."],
  [/\bsudo\b|\bsu\b|\bdoas\b/, "It asks for more rights."],
  [/\b(curl|wget|nc|ncat|ssh|scp|rsync|ftp)\b/, "It reaches over the network."],
  [/\|\s*(ba|z|da)?sh\b|\beval\b|\bbase64\s+-d/, "It runs a text that is not shown here."],
  [/\b(npm|pnpm|yarn|pip|pip3|apt|apt-get|brew|cargo|gem|go)\s+(i|install|add|get)\b/, "It installs packages."],
  [/\bgit\s+(push|reset\s+--hard|clean|rebase|filter-branch)\b/, "It rewrites or publishes history."],
  [/\bchmod\b|\bchown\b/, "It changes who may do what with files."],
  [/\b(env|printenv)\b|\.env\b|\bid_rsa\b|\.ssh\//, "It looks at what may be secret."],
];

const pathRisk = /(^|\/)(\.env|\.ssh|\.git|\.npmrc|\.netrc|id_rsa)(\/|$)/;

/** What somebody should look at before saying yes. Hints, no wall. */
export function listRisks(tool: string, input: Readonly<Record<string, unknown>>): readonly string[] {
  const { argument, argumentKind } = readMainArgument(tool, input);
  if (argumentKind === "command") {
    const notes = commandRisks.flatMap(([pattern, note]) => (pattern.test(argument) ? [note] : []));
    return argument.includes("\n") ? [...notes, "It has several lines."] : notes;
  }
  if (argumentKind === "path" && pathRisk.test(argument)) return ["It touches what may be secret or steers tools."];
  return tool === "WebFetch" ? ["It reaches over the network."] : [];
}
