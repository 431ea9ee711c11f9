import assert from "node:assert/strict";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import Fastify, { type FastifyError } from "fastify";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { Principal } from "../../../core/access/principal.ts";
import { encodeOpenAiError } from "../../wire/openai-chat/errors.ts";
import { authenticate, findKeyHeaders } from "../authenticate.ts";
import { keepRunsToCalls } from "../keep-runs-to-calls.ts";
import { addMessagesRoutes, type ModelCallParts } from "../model-calls/add-messages-routes.ts";
import { readJson } from "../read-json.ts";
import { addWorkspaceRoutes, type WorkspaceRouteParts } from "./add-workspace-routes.ts";
import { addAdminRoutes, type AdminParts } from "./add-admin-routes.ts";

export interface AdminAppParts extends AdminParts {
  /** Who sends this key. */
  identify(key: string): Promise<Principal | undefined>;
  /** For the routes of model calls, where a test needs them. */
  readonly calls?: ModelCallParts;
  /** For the routes of directories and of what came of runs. */
  readonly workspaces?: WorkspaceRouteParts;
}

/**
 * The admin routes behind a port of their own until the end of a test, with the check of keys, the parser and the answers to errors
 * that the server has. Resolves with the address.
 */
export async function startAdminApp(
  context: TestContext,
  { identify, calls, workspaces, ...parts }: AdminAppParts,
): Promise<string> {
  const app = Fastify({ routerOptions: { maxParamLength: 500 }, forceCloseConnections: true });
  app.decorateRequest("principal");
  app.decorateRequest("bodyDigest", null);
  app.decorateRequest("rawBody");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: unknown, body: Buffer) =>
    readJson(body),
  );
  app.addHook("onRequest", async (request) => {
    request.principal = await authenticate(findKeyHeaders(request.raw.rawHeaders), identify);
    keepRunsToCalls(request);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, headers, body } = encodeOpenAiError(toPublicFailure(error));
    return reply.code(status).headers(headers).send(body);
  });
  addAdminRoutes(app, parts);
  if (calls !== undefined) {
    addMessagesRoutes(app, calls, {
      chooseRoad: () => "direct",
      serveByAgent: () => assert.fail("no agent program is here"),
    });
  }
  if (workspaces !== undefined) addWorkspaceRoutes(app, workspaces);
  await app.listen({ host: "127.0.0.1", port: 0 });
  context.after(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

function toPublicFailure(error: FastifyError): Failure {
  if (error instanceof FailureError) return error.failure;
  if (error.statusCode !== undefined && error.statusCode < 500) return toFailure("invalid_request");
  return toFailure("internal", String(error.stack)); // Shown by the assertion that fails.
}
