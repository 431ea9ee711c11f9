import { describeFallback } from "../packages/server/src/app/config-field.ts";
import { configFields, fieldNames } from "../packages/server/src/app/config-fields.ts";

const introduction = `# Configuration

A flag wins over the environment, the environment over the config file, the config file over the default. The config
file is named by \`--config FILE\` or \`GANTRY_CONFIG\` and holds one JSON object with the fields below; unknown fields are
an error. Relative paths start at the working directory, those of the config file at its own folder. \`~/\` is the home
directory. An unknown \`GANTRY_…\` variable is reported at the start and otherwise ignored.

This page is written by \`node scripts/run.mjs scripts/docs.ts\` from \`packages/server/src/app/config-fields.ts\`.
`;

/** The text of docs/configuration.md, made from the table of settings. */
export function configurationPage(): string {
  const rows = fieldNames.map((name) => {
    const field = configFields[name];
    const flag = name === "upstream" ? "`--demo`, `--no-demo`" : "flag" in field ? `\`--${field.flag}\`` : "";
    const initial = "computed" in Object(field.fallback) ? describeFallback(field) : `\`${describeFallback(field)}\``;
    const meaning = `${field.meaning} Expected: ${field.expected}.`;
    return `| \`${name}\` | \`${field.environment}\` | ${flag} | ${initial} | ${meaning} |`;
  });
  const header = ["| Field | Environment | Flag | Default | Meaning |", "|---|---|---|---|---|"];
  return [introduction, ...header, ...rows, ""].join("\n");
}
