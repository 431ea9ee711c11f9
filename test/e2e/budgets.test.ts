import assert from "node:assert/strict";
import type { BudgetState } from "@gantry/contracts/budgets";
import { after, before, describe, test } from "node:test";
import OpenAI, { RateLimitError } from "openai";
import { type Admin, createAdmin } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatReply } from "../harness/chat.ts";
import { type ObservedModel, startObservedModel } from "../harness/observed-model.ts";
import { findProcesses } from "../harness/processes.ts";
import { countTokens, readBooks, sumUsage } from "../harness/read-books.ts";
import { eventually, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { type StorePlace, storePlaces } from "../harness/store-places.ts";

/** A small answer is reserved small, so that a budget holds some of them. */
const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  max_tokens: 20,
  messages: [{ role: "user", content }],
  ...more,
});
const hello = toBody("[[demo:say hello]]");

const show = ({ unit }: BudgetState, amount: number): string =>
  unit === "micros" ? `\\$${(amount / 1e6).toFixed(6)}` : `${amount} tokens`;

/** Asserts that a request was refused by this budget as it stands, in the words that people and programs are promised. */
function assertRefused(reply: ChatReply, budget: BudgetState): void {
  assertChatError(reply, "budget_exceeded");
  const reset = budget.resetsAt === null ? "does not reset" : `resets at ${new Date(budget.resetsAt).toISOString()}`;
  const [limit, spent, reserved] = [budget.effectiveLimit, budget.spent, budget.reserved].map((amount) =>
    show(budget, amount),
  );
  const words = `${budget.window} budget of this ${budget.subject} .* limit ${limit}, spent ${spent}, reserved ${reserved}\\. It ${reset}\\.$`;
  assert.match(reply.error?.message ?? "", new RegExp(words));
}

for (const { where, openPlace } of storePlaces) {
  describe(`budgets on ${where}`, () => {
    let place: StorePlace;
    let model: ObservedModel;
    let gantry: Gantry;
    let admin: Admin;
    before(async () => {
      place = await openPlace();
      model = await startObservedModel();
      // One process, so that it is certainly the one that the next request gets.
      gantry = await startGantry({
        upstream: model.url,
        env: { ...place.env, GANTRY_MAX_PROCESSES: "1", GANTRY_MIN_READY: "0" },
      });
      admin = createAdmin(gantry);
    });
    after(async () => {
      await gantry.stop();
      await model.stop();
      await place.close();
    });

    for (const [subject, unit, window, limit] of [
      ["key", "micros", "lifetime", 100],
      ["project", "tokens", "month", 800],
    ] as const) {
      test(`a budget in ${unit} on a ${subject} is spent, and then refuses`, async () => {
        const project = await admin.createProject();
        const key = await admin.createKey({ projectId: project.id });
        const subjectId = subject === "key" ? key.id : project.id;
        const { id } = await admin.createBudget({ subject, subjectId, unit, window, limit });
        let spent = 0;
        let reply = await chat(key, hello);
        for (; reply.status === 200; reply = await chat(key, hello)) {
          const budget = await admin.readBudget(id);
          assert.ok(budget.spent > spent, "an answer costs something");
          assert.deepEqual([budget.reserved, budget.spent <= limit], [0, true]);
          spent = budget.spent;
        }
        assert.ok(spent > 0, "none was answered");
        assertRefused(reply, await admin.readBudget(id));
        assertRefused(await chat(key, { ...hello, stream: true }), await admin.readBudget(id));
      });
    }

    test("all budgets that apply must hold, and the one that does not is told", async () => {
      const project = await admin.createProject();
      const key = await admin.createKey({ projectId: project.id });
      await admin.createBudget({ subject: "key", subjectId: key.id, unit: "micros", limit: 1_000_000 });
      await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1_000_000 });
      const tight = await admin.createBudget({
        subject: "project",
        subjectId: project.name,
        window: "day",
        limit: 100,
      });
      assert.equal(tight.subjectId, project.id);
      assertRefused(await chat(key, hello), await admin.readBudget(tight.id));
      const others = (await admin.listBudgets()).filter(({ subjectId }) => subjectId === key.id);
      assert.deepEqual(
        others.map(({ spent, reserved }) => [spent, reserved]),
        [
          [0, 0],
          [0, 0],
        ],
        "what the others had reserved is given back",
      );
    });

    test("the official client does not try again what a budget refused", async () => {
      const key = await admin.createKey();
      await admin.createBudget({ subject: "key", subjectId: key.id, window: "hour", limit: 1 });
      let calls = 0;
      const client = new OpenAI({
        baseURL: `${gantry.url}/v1`,
        apiKey: key.key,
        fetch(input, init) {
          calls += 1;
          return fetch(input, init);
        },
      });
      await assert.rejects(
        client.chat.completions.create({ model: "haiku", messages: [{ role: "user", content: "x" }] }),
        (error) => error instanceof RateLimitError && error.code === "budget_exceeded",
      );
      assert.equal(calls, 1);
    });

    test("30 requests at once never push what is spent and reserved over the limit", async () => {
      const project = await admin.createProject();
      const key = await admin.createKey({ projectId: project.id });
      // One request reserves its prompt, the CLI's own words and 20 tokens: some 430. It spends some 150.
      const ofKey = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1500 });
      const ofProject = await admin.createBudget({
        subject: "project",
        subjectId: project.id,
        unit: "micros",
        limit: 1_000,
      });
      const body = (index: number) =>
        toBody(`[[demo:say hello]] [[demo:delay 100]] ${index}`, { stream: index % 2 === 0 });
      const replies = Promise.all(Array.from({ length: 30 }, (_, index) => chat(key, body(index))));
      let answered = false;
      void replies.finally(() => {
        answered = true;
      });
      let mostReserved = 0;
      for (let looks = 0; !answered || looks === 0; looks += 1) {
        for (const { id } of [ofKey, ofProject]) {
          const { spent, reserved, limit } = await admin.readBudget(id);
          assert.ok(spent + reserved <= limit, `${spent} spent and ${reserved} reserved of ${limit}`);
          if (id === ofKey.id) mostReserved = Math.max(mostReserved, reserved);
        }
      }
      assert.ok(mostReserved > 0, "it was never looked at while they ran");
      const outcomes = (await replies).map(({ status, error }) => (status === 200 ? "answered" : error?.code));
      assert.deepEqual(new Set(outcomes), new Set(["answered", "budget_exceeded"]));
      const served = outcomes.filter((outcome) => outcome === "answered").length;
      assert.equal((await admin.listUsage({ key_id: key.id })).length, served, "refused requests are not billed");
    });

    for (const stream of [true, false]) {
      test(`an answer that ${stream ? "streams" : "comes as a whole"} is cut when the budget is used up`, async () => {
        const other = await admin.createKey();
        await ask(other, hello);
        const processes = await findProcesses(gantry.processes);
        const key = await admin.createKey();
        // Room for the prompt and the first 4,096 tokens that are reserved, and for no further step.
        const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 6_000 });
        // More than that in words of eight bytes; then it would go on for ever.
        const content = `[[demo:hang 4000]] ${stream}`;
        const reply = await chat(key, toBody(content, { stream, max_tokens: undefined }));
        assertChatError(reply, "budget_exceeded");
        assert.match(reply.error?.message ?? "", /limit 6000 tokens, spent 0 tokens, reserved 4\d\d\d tokens/);
        if (stream) {
          assert.equal(reply.status, 200);
          assert.equal(reply.finishReason, undefined);
          assert.ok(
            reply.text.startsWith("tok1 tok2 ") && reply.text.length < 16_000,
            `${reply.text.length} characters`,
          );
        }
        const [row, ...rows] = await admin.listUsage({ key_id: key.id });
        assert.ok(row !== undefined && rows.length === 0);
        assert.equal(row.outcome, "budget_reached");
        const { spent, reserved } = await admin.readBudget(budget.id);
        assert.deepEqual([spent, reserved], [countTokens(row), 0]);
        assert.ok(spent <= budget.limit && row.tokens.outputTokens >= Math.ceil(reply.text.length / 4));

        assert.equal(await (await model.call(content)).ended, "cut", "the model's provider is hung up on");
        await untilBusy(gantry, 0);
        assert.equal((await ask(other, hello)).text, "hello");
        assert.deepEqual(await findProcesses(gantry.processes), processes, "the process goes on");
      });
    }

    test("a budget in shadow mode counts and does not refuse, nor does it cut", async () => {
      const key = await admin.createKey();
      const { id } = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 10, shadow: true });
      for (let count = 0; count < 2; count += 1) await ask(key, hello);
      const long = await ask(key, toBody("[[demo:tokens 2000]]", { max_tokens: undefined }));
      assert.equal(long.finishReason, "stop");
      const { spent, reserved } = await admin.readBudget(id);
      assert.ok(spent > 4_000);
      assert.equal(reserved, 0);
      await admin.updateBudget(id, { shadow: false });
      assertRefused(await chat(key, hello), await admin.readBudget(id));
    });

    test("a limit that is changed keeps what is spent, and a raise ends when it says", async () => {
      const key = await admin.createKey();
      const { id } = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 600 });
      await ask(key, hello);
      const { spent } = await admin.readBudget(id);
      assert.ok(spent > 0);
      const lowered = await admin.updateBudget(id, { limit: 1 });
      assert.deepEqual([lowered.spent, lowered.effectiveLimit], [spent, 1]);
      assertRefused(await chat(key, hello), lowered);

      const raised = await admin.updateBudget(id, { raise: { amount: 100_000, until: Date.now() + 3_600_000 } });
      assert.deepEqual([raised.spent, raised.limit, raised.effectiveLimit], [spent, 1, 100_001]);
      assert.equal((await ask(key, hello)).text, "hello");
      const until = Date.now() + 2_000;
      await admin.updateBudget(id, { raise: { amount: 100_000, until } });
      await eventually(async () => (await chat(key, hello)).status === 429, "the raise has ended");
      const over = await admin.readBudget(id);
      assert.ok(Date.now() >= until && over.effectiveLimit === 1 && over.spent > spent);
      assertRefused(await chat(key, hello), over);
      await admin.updateBudget(id, { limit: over.spent + 1_000 });
      assert.equal((await ask(key, hello)).text, "hello");
    });

    test("after all this nothing is reserved, and what is spent is the sum of the rows", async () => {
      const { budgets, usage } = await readBooks(gantry);
      assert.ok(budgets.length >= 10);
      for (const budget of budgets) {
        const { subject, unit, limit, reserved, spent } = budget;
        assert.deepEqual([reserved, spent], [0, sumUsage(budget, usage, Date.now())], `${subject} ${unit} ${limit}`);
      }
    });
  });
}
