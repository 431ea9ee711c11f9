import type { Task } from "@gantry/contracts/tasks";
import { Agent, request } from "node:http";
import { modelAlias } from "../contestants/contestant.ts";

/** A client of tasks on connections that stay open. */
export interface TaskClient {
  /** Hands a task over and waits for its end. Rejects where it ends in any other way than completed. */
  run(description: string): Promise<Task>;
  close(): void;
}

/** The longest that a task may take before the run is given up. */
const patienceMs = 600_000;

export function createTaskClient({ url, key }: { readonly url: string; readonly key: string }): TaskClient {
  const agent = new Agent({ keepAlive: true });
  return {
    async run(description) {
      const { status, text } = await post(agent, new URL("/v1/task", url), key, {
        description,
        model: modelAlias,
        allow_tools: ["Bash", "Read", "Write", "Edit", "Glob", "Grep"],
        timeout: patienceMs / 1000,
      });
      if (status !== 200) throw new Error(`A task was answered with ${status}: ${text}`);
      // The server's own shape.
      const task = JSON.parse(text) as Task;
      if (task.status !== "completed")
        throw new Error(`A task ended as ${task.status}: ${JSON.stringify(task.result)}`);
      return task;
    },
    close: () => agent.destroy(),
  };
}

async function post(agent: Agent, url: URL, key: string, body: object) {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>();
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": bytes.length,
  };
  const sent = request(url, { agent, method: "POST", headers, timeout: patienceMs }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    response.once("error", reject);
    response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
  });
  sent.once("error", reject);
  sent.once("timeout", () => sent.destroy(new Error(`No answer for ${patienceMs} ms.`)));
  sent.end(bytes);
  return await promise;
}
