import type { Interaction } from "@gantry/contracts/interactions";
import { answerPath } from "../../../core/webhooks/create-answer-links.ts";

/** What is asked, and the form to decide it; who decided, where somebody has. Without scripts and styles. */
export function renderAnswerPage(interaction: Interaction, token: string): string {
  const { tool, input, risks, reason, rule, digest, session_id: session, deadline, questions = [] } = interaction;
  const asked = questions.map(({ question }) => `<li>${escape(question)}</li>`).join("");
  const rows = [
    ["Tool", `<code>${escape(tool)}</code>`],
    ["Session", `<code>${escape(session)}</code>`],
    ["Why it is asked", `${escape(reason)} (<code>${escape(rule)}</code>)`],
    ["Digest", `<code>${escape(digest)}</code>`],
    ["To be answered by", escape(deadline)],
  ];
  return renderPage(
    interaction.kind === "question" ? "An agent has a question" : "An agent asks for leave",
    [
      asked === "" ? "" : `<ul>${asked}</ul>`,
      `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`,
      `<h2>Arguments</h2><pre>${escape(JSON.stringify(input, null, 2))}</pre>`,
      risks.length === 0
        ? ""
        : `<h2>Look at this</h2><ul>${risks.map((risk) => `<li>${escape(risk)}</li>`).join("")}</ul>`,
      interaction.state === "open" ? renderForm(interaction, token) : renderOutcome(interaction),
    ].join("\n"),
  );
}

export function renderRefusal(message: string): string {
  return renderPage("This cannot be answered here", `<p>${escape(message)}</p>`);
}

/** An answer to a question needs its texts: by a link it can be refused, and the rest is done with a key. */
function renderForm({ kind }: Interaction, token: string): string {
  const allow = kind === "question" ? "" : '<button name="decision" value="allow">Allow</button> ';
  return `<form method="post" action="${answerPath}?token=${encodeURIComponent(token)}">
<p><label>Reason, told to the agent where it is denied<br><textarea name="message" rows="3" cols="60" maxlength="10000"></textarea></label></p>
<p>${allow}<button name="decision" value="deny">Deny</button></p>
</form>`;
}

function renderOutcome({ state, decision, decided_by: by, decided_at: at }: Interaction): string {
  const what = decision === null ? state : `answered with ${decision.decision}`;
  return `<p><strong>It was ${escape(what)} by ${escape(by ?? "somebody")}, ${escape(at ?? "before")}.</strong></p>`;
}

function renderPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"></head>
<body><h1>${title}</h1>
${body}
</body></html>
`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Signs that turn the direction of a text are shown by number: what is read is what is run. */
function escape(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign)
    .replaceAll(/[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
}
