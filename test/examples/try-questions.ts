import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { runExample, withoutFigures } from "./run-example.ts";
import type { Stage } from "./stage.ts";

/** The examples that ask a model. */
export function tryQuestions(stage: () => Stage): void {
  test("api-usage.sh", async () => {
    const { env } = stage();
    const run = await runExample("api-usage.sh", { env, args: ['Say "Paris". [[demo:say Paris, "the capital".]]'] });
    assert.equal(run?.stderr, "");
    assert.equal(
      withoutFigures(run?.stdout ?? ""),
      [
        "health: ok",
        "models: opus, fable, sonnet, haiku",
        "auto would take: sonnet",
        'answer: Paris, "the capital".',
        "tokens: N, cost: $N",
        'streamed: Paris, "the capital".',
        "this month: $N",
        "",
      ].join("\n"),
    );
    assert.equal(run?.code, 0);
    const refused = await runExample("api-usage.sh", { env: { ...env, GANTRY_API_KEY: "gk_wrong" }, args: ["Hello"] });
    assert.equal(refused?.code, 22);
  });

  test("chat-bot.ts", async () => {
    const { env, admin } = stage();
    const lines = [
      "I am Ann. [[demo:say Hello, Ann.]]",
      "Who am I? [[demo:echo]]",
      "/new",
      "[[demo:echo]]",
      "/quit",
      "",
    ];
    const run = await runExample("chat-bot.ts", { env, input: lines.join("\n") });
    assert.equal(run?.stderr, "");
    assert.equal(run?.code, 0);
    const answers = (run?.stdout ?? "").split("> ").slice(1);
    assert.equal(withoutFigures(answers[0] ?? ""), "Hello, Ann.\n [N tokens in, N out]\n");
    assert.match(answers[1] ?? "", /Hello, Ann\./);
    assert.equal(answers[2], "");
    assert.doesNotMatch(answers[3] ?? "", /Ann/);

    const key = await admin.createKey();
    await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1 });
    const poor = await runExample("chat-bot.ts", { env: { ...env, GANTRY_API_KEY: key.key }, input: "Hello\nHello\n" });
    assert.equal(poor?.code, 1);
    assert.match(poor?.stderr ?? "", /^\n[^\n]+\(budget_exceeded\)\n$/);
    assert.equal((await runExample("chat-bot.ts"))?.code, 2);
  });

  test("websocket-client.mjs", async () => {
    const { env } = stage();
    const args = ["A river? [[demo:say The Po.]]", "A mountain? [[demo:delay 1000]][[demo:say The Etna.]]"];
    const run = await runExample("websocket-client.mjs", { env, args });
    assert.equal(run?.stderr, "");
    const blocks = args.map((question, index) => `${question}\n ${["The Po.", "The Etna."][index]}\n [N tokens, $N]\n`);
    assert.equal(withoutFigures(run?.stdout ?? ""), withoutFigures(blocks.join("")));
    assert.equal(run?.code, 0);
    const failing = await runExample("websocket-client.mjs", { env, args: ["[[demo:status 400]]"] });
    assert.match(failing?.stdout ?? "", /\[failed: .+ \(upstream_rejected\)\]/);
    assert.equal(failing?.code, 1);
    const refused = await runExample("websocket-client.mjs", { env: { ...env, GANTRY_API_KEY: "gk_wrong" }, args });
    assert.match(refused?.stderr ?? "", /\(unauthorized\)\nThe connection ended before 2 of the answers \(1008/);
    assert.equal(refused?.code, 1);
  });

  test("legal-document.ts", async () => {
    const { env, folder } = stage();
    const path = join(folder, "lease.txt");
    await writeFile(path, "The lease ends\non 1 May. The rent is “1,000” a month.\n");
    const questions = [
      "When does it end? [[demo:say On 1 May: «The lease ends on 1 May.»]]",
      'And the rent? [[demo:say A thousand: «The rent is "1,000" a month.» «Paid in cash.»]]',
      "[[demo:echo]]",
    ];
    const told = { ...env, MODEL: "haiku" };
    const run = await runExample("legal-document.ts", { env: told, args: [path], input: questions.join("\n\n") });
    const [end, rent, echo] = (run?.stdout ?? "").split(/^Q: /m).slice(1);
    assert.equal(end, `${questions[0]}\nA: On 1 May: «The lease ends on 1 May.»\n`);
    assert.equal(
      rent,
      `${questions[1]}\nA: A thousand: «The rent is "1,000" a month.» «Paid in cash.»\n!! Not in the document: «Paid in cash.»\n`,
    );
    // The third question comes with the document and with both answers.
    assert.match(echo ?? "", /The lease ends/);
    assert.match(echo ?? "", /On 1 May: /);
    assert.match(withoutFigures(run?.stderr ?? ""), /^(\[N tokens in, N from the cache, N out\]\n){3}$/);
    assert.equal(run?.code, 1);
  });

  test("token_tracking.py", async (context) => {
    const { env, folder, admin } = stage();
    const prompts = join(folder, "prompts.txt");
    await writeFile(prompts, "Count. [[demo:tokens 900]]\n\n[[demo:say Two.]]\n[[demo:say Three.]]\n");
    const run = await runExample("token_tracking.py", { env, args: ["--tokens", "100000", prompts] });
    if (run === undefined) return context.skip("this machine has no Python of 3.9 or later");
    assert.equal(run.stderr, "");
    const [title, first, ...others] = withoutFigures(run.stdout).split("\n");
    assert.deepEqual([title, first?.slice(0, 9)], [" in out cost answer", " N N $N t"]);
    assert.deepEqual(others, [
      " N N $N Two.",
      " N N $N Three.",
      "N requests, $N; N tokens of N, N left",
      "the project this month: N tokens, $N",
      "",
    ]);
    assert.equal(run.code, 0);

    // The first takes what the second would have needed.
    const cut = await runExample("token_tracking.py", { env, args: ["--tokens", "2000", prompts] });
    assert.equal(cut?.code, 3, cut?.stderr);
    const answered = (cut?.stdout ?? "").split("\n").slice(1);
    assert.match(answered[0] ?? "", /^ +\d+ +1000 /);
    assert.match(answered[1] ?? "", /^ +- +- +- +refused: budget_exceeded$/);
    assert.match(answered[2] ?? "", /^1 requests, \$0\.\d{6}; \d+ tokens of 2000, \d+ left$/);
    const { raw } = await admin.call("GET", "/v1/admin/keys?limit=200");
    const keys = (JSON.parse(raw) as { data: readonly { name: string; revokedAt: number | null }[] }).data;
    const made = keys.filter(({ name }) => name.startsWith("tracking "));
    assert.deepEqual([made.length, made.some(({ revokedAt }) => revokedAt === null)], [2, false]);
  });
}
