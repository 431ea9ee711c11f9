import { after, before } from "node:test";
import { createTestFolder, sampleHome, type TestFolder } from "../capabilities/claude-home.ts";
import { createAdmin, type Admin, type MadeKey } from "../harness/admin.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

/** A server with a home of its owner and a project that clients of the task service name. */
export interface Compat {
  readonly gantry: Gantry;
  readonly admin: Admin;
  /** A key of the project `my-app`. */
  readonly key: MadeKey;
  send(method: string, path: string, body?: unknown, key?: string): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Started before the tests of the file and stopped behind them. */
export function useCompat(): () => Compat {
  let home: TestFolder;
  let compat: Compat | undefined;
  before(async () => {
    home = await createTestFolder(sampleHome);
    const gantry = await startGantry({ env: { GANTRY_CLAUDE_HOME: home.path } });
    const admin = createAdmin(gantry);
    const { id: projectId } = await admin.createProject({ name: "my-app" });
    const key = await admin.createKey({ projectId, scopes: ["inference", "tasks"] });
    compat = {
      gantry,
      admin,
      key,
      async send(method, path, body, as = key.key) {
        const response = await fetch(gantry.url + path, {
          method,
          headers: { authorization: `Bearer ${as}`, ...(body !== undefined && { "content-type": "application/json" }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, headers: response.headers, body: await response.json() };
      },
    };
  });
  after(async () => {
    await compat?.gantry.stop();
    await home?.remove();
  });
  return () => {
    if (compat === undefined) throw new Error("the server is not started yet");
    return compat;
  };
}

/** What lies at a path of a body, such as `choices.0.message`. */
export function at(body: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
      body,
    );
}
