import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readApi } from "../harness/admin.ts";
import { runExample } from "./run-example.ts";
import type { Stage } from "./stage.ts";

/** The examples that have work done on files. */
export function tryWork(stage: () => Stage): void {
  test("code-analysis.ts", async () => {
    const { env, folder, gantry } = stage();
    const path = join(folder, "shop");
    await mkdir(path);
    await writeFile(join(path, "pay.js"), 'exec("pay " + amount);\n');
    await readApi(gantry, "POST", "/v1/admin/directories", { name: "shop", path });
    const finding = { file: "pay.js", line: 1, severity: "high", title: "A shell gets input.", fix: "Pass a list." };
    const given = { findings: [{ ...finding, severity: "low", title: "No test." }, finding] };
    const look = '[[demo:tool Grep {"pattern":"exec","output_mode":"content"}]]';
    const question = `Find shells. ${look} [[demo:tool StructuredOutput ${JSON.stringify(given)}]]`;
    const run = await runExample("code-analysis.ts", {
      env: { ...env, MODEL: "haiku" },
      args: ["shop", question],
    });
    assert.match(run?.stderr ?? "", /^grep \{"pattern":"exec","output_mode":"content"\}$/m);
    assert.equal(
      run?.stdout.replace(/\$\d\.\d{4}/, "$N"),
      "HIGH pay.js:1 A shell gets input.\n  Pass a list.\nLOW pay.js:1 No test.\n  Pass a list.\n2 findings, $N\n",
    );
    assert.equal(run?.code, 1);
    const missing = await runExample("code-analysis.ts", { env, args: ["nowhere"] });
    assert.equal(missing?.code, 2);
    assert.match(missing?.stderr ?? "", /^There is no such directory\. \(not_found\)\n$/);
  });

  test("document_pipeline.py", async (context) => {
    const { env, folder } = stage();
    const [source, target] = [join(folder, "documents"), join(folder, "summaries")];
    await mkdir(source);
    await writeFile(join(source, "lease.txt"), "A lease. [[demo:say It is a lease.]]");
    await writeFile(join(source, "letter.md"), 'A letter. [[demo:say It says "no".]]');
    await writeFile(join(source, "picture.png"), "none");
    await writeFile(join(source, "bad.txt"), "[[demo:status 400]]");
    const run = await runExample("document_pipeline.py", { env, args: [source, target] });
    if (run === undefined) return context.skip("this machine has no Python of 3.9 or later");
    const [title, bad, ...rows] = run.stdout.replaceAll(/,\d+,/g, ",N,").split("\n");
    assert.equal(title, "document,status,tokens,text");
    assert.match(bad ?? "", /^bad\.txt,failed,N,.+400/);
    assert.deepEqual(rows, ["lease.txt,completed,N,It is a lease.", 'letter.md,completed,N,"It says ""no""."', ""]);
    assert.match(run.stderr, /3 of 3, \$0\.\d{4}\n$/);
    assert.equal(run.code, 1);
    assert.deepEqual((await readdir(target)).toSorted(), ["lease.txt.summary.md", "letter.md.summary.md"]);
    assert.equal(await readFile(join(target, "letter.md.summary.md"), "utf8"), 'It says "no".\n');

    // Only what has no summary is asked for again.
    await writeFile(join(source, "bad.txt"), "[[demo:say Better.]]");
    const again = await runExample("document_pipeline.py", { env, args: [source, target] });
    assert.equal(
      again?.stdout.replaceAll(/,\d+,/g, ",N,"),
      "document,status,tokens,text\nbad.txt,completed,N,Better.\n",
    );
    assert.equal(again?.code, 0);
  });

  test("incident.py", async (context) => {
    const { env, folder, gantry } = stage();
    const path = join(folder, "logs");
    await mkdir(path);
    await writeFile(join(path, "shop.log"), "14:05 upstream refused\n");
    await readApi(gantry, "POST", "/v1/admin/directories", { name: "shop-logs", path });
    const [read, count] = ["[[demo:tool Grep", "[[demo:tool Bash"].map(
      (call, index) =>
        `${call} ${JSON.stringify(index === 0 ? { pattern: "refused", output_mode: "content" } : { command: "grep -c refused shop.log" })}]]`,
    );
    const args = ["--model", "haiku", "shop-logs", `502 since 14:05. ${read} ${count}`];
    const allowed = await runExample("incident.py", { env, args, input: "y\n" });
    if (allowed === undefined) return context.skip("this machine has no Python of 3.9 or later");
    assert.match(allowed.stderr, /^session sesn_\w+\ngrep \{"pattern": "refused", "output_mode": "content"\}\nbash /);
    assert.match(allowed.stderr, /The agent asks to run Bash: \{"command": "grep -c refused shop\.log"/);
    assert.equal(allowed.stdout, "Allow it? [y/N] 1\n");
    assert.equal(allowed.code, 0);

    const nobody = await runExample("incident.py", { env, args: args.with(3, `${count} [[demo:say Not sure.]]`) });
    assert.equal(nobody?.stdout, "Allow it? [y/N] Not sure.\n");
    assert.equal(nobody?.code, 0);
    const missing = await runExample("incident.py", { env, args: ["nowhere", "502"] });
    assert.match(missing?.stderr ?? "", /no such directory/);
    assert.equal(missing?.code, 1);
  });
}
