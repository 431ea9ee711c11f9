import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { WallsSpec } from "../../packages/server/src/core/ports/walls-spec.ts";
import { ask, eventsOf, resultsOf } from "../agents/read-turn.ts";
import { allowAll, startWork } from "../agents/start-work.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { isAlive } from "../processes/hosting.ts";
import { findMarked, listTree, until, watchSize } from "./escape-hatch.ts";

/** What no program behind walls may learn. */
const secret = "the-secret-of-the-host";

const toolOf = (name: string, input: object): string => `${name} ${JSON.stringify(input)}`;
const bash = (command: string): string => toolOf("Bash", { command });

// The newest release; the walls are the same around the other, whose own start the suites of the driver cover.
describe(`Claude Code ${claudeVersions[0]}, allowed every tool`, () => {
  let started: Awaited<ReturnType<typeof startWork>> | undefined;
  before(async () => {
    started = await startWork(claudeVersions[0], { bounded: true, watchSize });
  });
  after(async () => await started?.stop());

  function places() {
    assert.ok(started);
    const { work } = started;
    const workspace = mkdtempSync(join(work.directory, "workspace-"));
    const other = mkdtempSync(join(work.directory, "workspace-"));
    for (const file of [join(other, "secret"), join(work.directory, "secret")]) writeFileSync(file, secret);
    const walls = {
      owner: "prj_a",
      network: { kind: "none" },
      workspace: { hostPath: workspace, writable: true },
    } as const;
    return { work, workspace, other, walls };
  }

  /** Has the agent make each call, and gives what came of each. */
  async function attempt(walls: WallsSpec, calls: readonly string[]) {
    assert.ok(started);
    const worker = await started.work.open({ walls, tools: ["Bash", "Edit", "Read", "Write"], handlers: allowAll });
    const prompt = `[[demo:tools ${calls.join(" ")}]][[demo:say I tried.]]`;
    const events = await ask(worker, prompt);
    const byId = new Map(eventsOf(events, "tool.result").map((result) => [result.toolUseId, result]));
    const results = eventsOf(events, "tool.used").map(({ call }) => {
      const content = byId.get(call.id)?.content ?? [];
      return content.map((block) => (block.type === "text" ? block.text : block.type)).join("");
    });
    return { worker, events, results };
  }

  test("reads nothing of the host: no account, no data, no other's work, no environment, no memory, no open file", async () => {
    const { work, other, walls } = places();
    const open = openSync(join(work.directory, "secret"), "r");
    process.env["GANTRY_ESCAPE"] = secret;
    try {
      const { worker, results, events } = await attempt(walls, [
        toolOf("Read", { file_path: "/etc/shadow" }),
        toolOf("Read", { file_path: join(work.directory, "secret") }),
        toolOf("Read", { file_path: join(other, "secret") }),
        bash("cat /etc/shadow /etc/sudoers; echo end"),
        bash(`cat ${work.directory}/secret ${other}/secret; ls -R ${work.directory}; echo end`),
        bash(
          `cat /proc/${process.pid}/environ /proc/${process.ppid}/environ | tr '\\0' '\\n'; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; echo end`,
        ),
        bash(`head -c 64 /proc/${process.pid}/mem /dev/mem /proc/kcore 2>&1; echo end`),
        bash(
          "readlink /proc/self/fd/* /proc/[0-9]*/fd/*; for n in 3 4 5 6 7 8 9 10 11 12; do head -c 64 /proc/self/fd/$n; done; echo end",
        ),
        bash("find / -xdev -name secret 2>/dev/null; ls /root /home; echo end"),
      ]);
      assert.equal(results.length, 9);
      const told = JSON.stringify(events);
      assert.ok(!told.includes(secret), told);
      assert.ok(!/root:[^\\]{2,}:\d+:/.test(results.join("\n")), "an account's hash");
      assert.ok(!results[7]?.includes(work.directory), results[7]);
      for (const result of results.slice(3)) assert.match(result, /end$/);
      assert.ok(worker.walls.enforced.includes("files") && worker.walls.enforced.includes("processes"));
      await worker.close();
    } finally {
      delete process.env["GANTRY_ESCAPE"];
      closeSync(open);
    }
  });

  test("writes nothing outside of its workspace, and makes no device and no link that leads anywhere", async () => {
    const { work, workspace, other, walls } = places();
    mkdirSync(join(other, "hooks"));
    const { worker, results } = await attempt(walls, [
      toolOf("Write", { file_path: join(other, "planted"), content: "x" }),
      toolOf("Write", { file_path: "/usr/local/bin/planted", content: "x" }),
      bash(
        `echo x > ${other}/planted; echo x > ${work.directory}/planted; echo x > /etc/planted; echo x > /usr/bin/planted; echo end`,
      ),
      bash("mknod device c 1 3; mknod disk b 8 0; mount -t tmpfs none /mnt; chmod u+s /bin/sh; echo end"),
      bash(
        `ln -s ${other}/secret link; ln -s /etc/shadow shadow; ln ${other}/secret hard; cat link shadow hard; echo end`,
      ),
      bash(
        "git init -q . && git init -q inner; printf '#!/bin/sh\\ntouch /tmp/gantry-hook-ran\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout; git config core.fsmonitor 'touch /tmp/gantry-hook-ran'; echo '* filter=evil' > .gitattributes; ls -a; echo end",
      ),
    ]);
    assert.ok(!results.join("\n").includes(secret));
    for (const path of [
      join(other, "planted"),
      join(work.directory, "planted"),
      "/etc/planted",
      "/usr/bin/planted",
      "/usr/local/bin/planted",
    ]) {
      assert.equal(existsSync(path), false, path);
    }
    assert.equal(existsSync(join(workspace, "device")) || existsSync(join(workspace, "disk")), false);
    assert.match(results[3] ?? "", /mknod: .*(not permitted|denied)/i);
    // What is planted for whoever looks at the workspace later lies there, and nothing of it has run on the host.
    assert.ok(existsSync(join(workspace, ".gitattributes")));
    assert.equal(existsSync("/tmp/gantry-hook-ran"), false);
    assert.equal(readFileSync(join(other, "secret"), "utf8"), secret);
    await worker.close();
  });

  test("reaches nothing over the network: no service of the host, no metadata, no name, no address of either kind", async () => {
    const { walls } = places();
    const server = createServer((_request, response) => response.end(secret)).listen(0, "127.0.0.1");
    await once(server, "listening");
    // Of a server on a port it is always an object.
    const { port } = server.address() as AddressInfo;
    const knock = (host: string, on: number): string =>
      bash(`(exec 3<>/dev/tcp/${host}/${on} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3) 2>&1; echo end`);
    const { worker, results } = await attempt(walls, [
      knock("127.0.0.1", port),
      knock("localhost", port),
      knock("::1", port),
      knock("169.254.169.254", 80),
      knock("fd00:ec2::254", 80),
      knock("192.0.2.1", 443),
      knock("2001:db8::1", 443),
      knock("example.com", 443),
      bash("getent hosts example.com || echo no name; cat /proc/net/dev | grep -c :; echo end"),
    ]);
    server.close();
    assert.ok(!results.join("\n").includes(secret));
    for (const result of results.slice(0, 8)) {
      assert.match(result, /refused|unreachable|not known|resolution|cannot assign|invalid|no route|not supported/i);
    }
    assert.match(results[8] ?? "", /^no name\n1\nend$/);
    assert.ok(worker.walls.enforced.includes("network"));
    await worker.close();
  });

  test("signals no process of the host, and what it leaves running goes with it", async () => {
    const { walls } = places();
    const mark = `gantry-escape-${process.pid}-${Date.now()}`;
    const { worker, results } = await attempt(walls, [
      bash(`kill -0 ${process.pid} && echo reached; kill -9 ${process.ppid}; ps -e | grep -c node; echo end`),
      bash(`(setsid nohup sh -c 'trap "" TERM HUP; while :; do sleep 1; done' ${mark} >/dev/null 2>&1 &); echo end`),
    ]);
    assert.ok(!results[0]?.includes("reached"), results[0]);
    assert.ok(findMarked(mark).length > 0, "the daemon runs");
    await worker.close();
    await until(() => findMarked(mark).length === 0, "the daemon is gone");
  });

  test("is ended where it takes too much: memory, disk and time; and the turn says which", async () => {
    const wait = "tail -f /dev/null";
    const { work } = places();
    const bounds = [
      {
        limits: { memoryBytes: 900_000_000 },
        ability: "memory",
        command: "head -c 2147483648 /dev/zero | tail -c 2147483648 | wc -c",
        says: /memory/,
      },
      {
        limits: { diskBytes: 20_000_000 },
        ability: "disk",
        command: `for i in $(seq 40); do head -c 5000000 /dev/zero > big$i; sleep 0.1; done; ${wait}`,
        says: /workspace is fuller/,
      },
      { limits: { wallTimeMs: 20_000 }, ability: "wall_time", command: wait, says: /time was up/ },
    ] as const;
    await Promise.all(
      bounds.map(async ({ limits, ability, command, says }) => {
        const worker = await work.open({ walls: { ...places().walls, limits }, tools: ["Bash"], handlers: allowAll });
        const events = await ask(worker, `[[demo:tool ${bash(command)}]][[demo:say I went on.]]`);
        if (!worker.walls.enforced.includes(ability))
          return assert.ok(worker.walls.gaps.some((gap) => gap.ability === ability));
        const [failed] = eventsOf(events, "turn.failed");
        // The kernel may end the greedy command alone, which then is told as any command that was killed.
        const told =
          failed?.error.message ??
          resultsOf(events)
            .map(({ text }) => text)
            .join();
        assert.match(told, failed === undefined && ability === "memory" ? /Killed|137|^0$/m : says, ability);
        await worker.close();
      }),
    );
  });

  test("multiplies no further than its count", async (t) => {
    const { work, walls } = places();
    const worker = await work.open({
      walls: { ...walls, limits: { processes: 150 } },
      tools: ["Bash"],
      handlers: allowAll,
    });
    // Where nothing would hold it, a bomb is not lit.
    if (!worker.walls.enforced.includes("process_count")) return t.skip("the machine does not count processes");
    const bomb = "bomb() { bomb | bomb & }; bomb; touch lit; tail -f /dev/null";
    const running = ask(worker, `[[demo:tool ${bash(bomb)}]]`);
    const isLit = () => existsSync(join(walls.workspace.hostPath, "lit")) || work.process.hasEnded();
    await until(isLit, "the bomb is lit");
    const tree = listTree(work.process.pid);
    assert.ok(tree.length <= 160, String(tree.length));
    await worker.close();
    await running;
    await until(() => !tree.some(isAlive), "the bomb is gone");
  });
});
