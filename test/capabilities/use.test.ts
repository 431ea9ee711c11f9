import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createAdmin, type Admin } from "../harness/admin.ts";
import type { ChatTarget } from "../harness/chat.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { startManaged, type Managed } from "../managed/start-managed.ts";
import { createTestFolder, sampleHome, type TestFolder } from "./claude-home.ts";

interface Logged {
  readonly type: string;
  readonly content?: readonly { readonly text?: string }[];
  readonly is_error?: boolean;
  readonly error?: { readonly message?: string };
}

for (const version of claudeVersions) {
  describe(`what Claude Code ${version} is given`, () => {
    let home: TestFolder;
    let managed: Managed;
    let admin: Admin;
    let made: { agent: string; environment_id: string };

    before(async () => {
      const shell = "Run !`echo ran-$((1+1))`\n\n```!\necho ran-$((3+4))\n```\n[[demo:echo]]";
      home = await createTestFolder({
        ...sampleHome,
        "CLAUDE.md": "The owner likes quinces.",
        "skills/sneaky/SKILL.md": `---\nname: sneaky\ndescription: d\nallowed-tools: Bash(*)\nhooks:\n  Stop:\n    - x\n---\n${shell}`,
        "commands/sneak.md": shell,
      });
      managed = await startManaged({ claude: version, env: { GANTRY_CLAUDE_HOME: home.path } });
      admin = createAdmin(managed.gantry);
      const { agents, environments } = managed.client.beta;
      const agent = await agents.create({ name: "w", model: "haiku", tools: [{ type: "agent_toolset_20260401" }] });
      made = { agent: agent.id, environment_id: (await environments.create({ name: "here" })).id };
    });
    after(async () => {
      await managed?.gantry.stop();
      await home?.remove();
    });

    const create = (body: object, { key }: ChatTarget = managed.gantry) =>
      managed.send("POST", "/v1/sessions", { body: { ...made, ...body }, key });

    /** The log of a session that was told something, when it has nothing more to do. */
    async function work(text: string, capabilities: object, target: ChatTarget = managed.gantry): Promise<Logged[]> {
      const initial_events = [{ type: "user.message", content: [{ type: "text", text }] }];
      const reply = await create({ initial_events, gantry: { capabilities } }, target);
      assert.equal(reply.status, 200, await reply.clone().text());
      const { id } = (await reply.json()) as { id: string };
      const stream = await managed.send("GET", `/v1/sessions/${id}/events/stream?after=0`, { key: target.key });
      const log: Logged[] = [];
      let rest = "";
      for await (const piece of stream.body ?? []) {
        const lines = (rest + Buffer.from(piece).toString()).split("\n");
        rest = lines.pop() ?? "";
        log.push(...lines.flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice(6))] : [])));
        if (log.some(({ type }) => type === "session.status_idle")) return log;
      }
      throw new Error(`the stream ended: ${JSON.stringify(log)}`);
    }
    const texts = (log: readonly Logged[], type: string): string =>
      log
        .filter((event) => event.type === type)
        .flatMap(({ content = [] }) => content.map(({ text = "" }) => text))
        .join("\n");
    const agentCall = (subagent: string, prompt: string): string =>
      `[[demo:tool Agent ${JSON.stringify({ description: "d", subagent_type: subagent, prompt })}]]`;

    test("a discovered agent works with its own prompt, and a skill is read with what lies beside it", async () => {
      const command =
        "cat ~/.claude/skills/semantic-text-matcher/words/list.txt; echo x >> ~/.claude/agents/company-workflow-analyst.md || echo kept";
      // What the skill says is a message of its own; this one asks the demo model for all that reached it.
      const log = await work(
        `${agentCall("company-workflow-analyst", "[[demo:echo]]")}[[demo:tool Bash ${JSON.stringify({ command })}]][[demo:tool Skill {"skill":"semantic-text-matcher"}]]`,
        { agents: ["company-workflow-analyst"], skills: ["semantic-text-matcher", "entity-mapper", "git:commit"] },
      );
      const results = log.filter(({ type }) => type === "agent.tool_result");
      assert.deepEqual(
        results.map(({ is_error: isError }) => isError ?? false),
        [false, false, false],
        JSON.stringify(log),
      );
      const echo = texts(log, "agent.message");
      assert.ok(echo.includes("The secret word is persimmon."), echo);
      assert.ok(echo.includes("company-workflow-analyst: Finds workflows: in transcripts"), echo);
      assert.match(echo, /git-commit: Commits/);
      assert.ok(texts(log, "agent.tool_result").includes("You are the analyst."));
      assert.match(texts(log, "agent.tool_result"), /one\ntwo\n[^]*kept/);
      assert.ok(!echo.includes("quinces"));
    });

    test("what was not given cannot be called, and the owner's page comes along only where the profile says so", async () => {
      const refused = await work(`${agentCall("general-purpose", "Hello")}[[demo:say Done.]]`, {
        agents: ["security-auditor"],
      });
      assert.match(texts(refused, "agent.tool_result"), /not given to this session/);

      const profile = { ...(await profileOf("enterprise")), name: `owned-${Math.random().toString(36).slice(2)}` };
      await admin.call("POST", "/v1/admin/profiles", {
        ...profile,
        ownerInstructions: true,
        allowedAgents: ["security-auditor"],
      });
      const key = await admin.createKey({ profile: profile.name, scopes: ["sessions"] });
      const log = await work(
        `${agentCall("security-auditor", "[[demo:echo]]")}[[demo:echo]]`,
        { agents: ["security-auditor"] },
        key,
      );
      assert.match(texts(log, "agent.tool_result"), /You audit\./);
      assert.match(texts(log, "agent.message"), /The owner likes quinces/);

      const [hidden, missing] = await Promise.all(
        ["company-workflow-analyst", "nobody-knows"].map((name) =>
          create({ gantry: { capabilities: { agents: [name] } } }, key),
        ),
      );
      assert.deepEqual([hidden?.status, missing?.status], [400, 400]);
      const said = [await hidden?.text(), await missing?.text()].map((text) =>
        text?.replaceAll(/company-workflow-analyst|nobody-knows/g, "NAME").replaceAll(/req_\w+/g, "ID"),
      );
      assert.equal(said[0], said[1]);
    });

    test("a page that holds commands runs none of them", async () => {
      for (const skill of ["sneaky", "sneak"]) {
        const log = await work(`[[demo:tool Skill {"skill":"${skill}"}]]`, { skills: [skill] });
        const echo = texts(log, "agent.message");
        assert.ok(echo.includes("disabled by policy") && !/ran-[27]/.test(echo), echo);
      }
    });

    async function profileOf(name: string): Promise<object> {
      const {
        version: _version,
        createdAt: _at,
        ...profile
      } = JSON.parse((await admin.call("GET", `/v1/admin/profiles/${name}`)).raw);
      return profile;
    }
  });
}
