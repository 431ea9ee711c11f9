import Fastify from "fastify";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createControlService } from "../../../core/control/create-control-service.ts";
import { createRunService } from "../../../core/runs/run-service.ts";
import { addAdminRoutes } from "./add-admin-routes.ts";
import { addCompatRoutes } from "../compat/add-compat-routes.ts";
import { streamOperations } from "../compat/compat-operations.ts";
import { addManagedRoutes } from "../managed/add-managed-routes.ts";
import { socketOperations } from "../managed/socket-operations.ts";
import { isUnserved } from "../managed/unserved-routes.ts";
import { addTaskRoutes } from "../tasks/add-task-routes.ts";
import { addWorkspaceRoutes } from "./add-workspace-routes.ts";
import { createOpenApiDocument } from "./openapi.ts";

const document = JSON.parse(JSON.stringify(createOpenApiDocument("1.2.3"))) as {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
};

const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, operation })),
);

test("every registered route is in the document, and every documented one is registered", () => {
  const registered: string[] = [];
  const app = Fastify();
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) {
      if (one !== "HEAD") registered.push(`${one} ${url.replaceAll(/:(\w+)/g, "{$1}")}`);
    }
  });
  // Registering calls nothing of what the routes stand on.
  const control = createControlService({ store: {} } as never);
  const runs = createRunService({ store: {} } as never);
  addTaskRoutes(app, {} as never);
  addAdminRoutes(app, {
    control,
    runs,
    completions: { recommend: () => assert.fail() },
    restorer: { restore: () => assert.fail() },
    clock: { epoch: () => 0 },
  });
  addWorkspaceRoutes(app, { directories: {}, work: {} } as never);
  addManagedRoutes(app, {} as never);
  addCompatRoutes(app, {} as never);
  assert.ok(registered.length > 20);
  // What answers that it is not served is in no document, and a socket is no route.
  const served = registered.filter((route) => !isUnserved(route.split(" ")[1] ?? ""));
  const sockets = [socketOperations.openSocket, streamOperations.openStream].map(
    ({ path }) => `GET ${path.replace(":id", "{id}")}`,
  );
  assert.deepEqual(documented.map(({ route }) => route).toSorted(), [...served, ...sockets].toSorted());
});

test("each operation has a name of its own and describes what varies in its path", () => {
  const names = documented.map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length);
  for (const { path, operation } of documented) {
    const inPath = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
    assert.deepEqual(inPath, path.match(/\{\w+\}/g) ?? []);
  }
});

test("the document says what is checked", () => {
  assert.equal(document.openapi, "3.1.0");
  const { post, get } = document.paths["/v1/admin/keys"] as never as Record<string, Record<string, unknown>>;
  assert.partialDeepStrictEqual(post, {
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: { additionalProperties: false, required: ["name", "projectId", "profile"] },
        },
      },
    },
    responses: { 201: { content: { "application/json": { schema: { properties: { key: { type: "string" } } } } } } },
  });
  assert.partialDeepStrictEqual(get, { parameters: [{ name: "limit", in: "query", required: false }] });
  assert.doesNotMatch(JSON.stringify(document), /\$schema|~standard/);
});
