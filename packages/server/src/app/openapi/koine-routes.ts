import {
  koineHealth,
  koineObject,
  koineObjectEvent,
  koineText,
  koineTextEvent,
} from "../../adapters/http/koine/koine-answers.ts";
import { koineObjectBody, koineTextBody } from "../../adapters/http/koine/koine-body.ts";
import type { Content, DescribedRoute, DescribedRoutes } from "./described-route.ts";
import { examples } from "./examples.ts";

const json = "application/json";
const events = "text/event-stream";

function toRoute(name: string, path: string, summary: string, answer: Record<string, Content>): DescribedRoute {
  const schema = path.endsWith("object") ? koineObjectBody : koineTextBody;
  return {
    method: "POST",
    path: `/compat/koine/${path}`,
    tag: "Compatibility",
    summary,
    access: "inference",
    body: { type: json, schema, example: examples[name] },
    answers: { 200: answer },
  };
}

/** The routes of Koine's gateway, for its clients. */
export const koineRoutes: DescribedRoutes = {
  generateText: toRoute("generateText", "generate-text", "Answer a prompt.", { [json]: koineText }),
  generateObject: toRoute("generateObject", "generate-object", "Answer a prompt with an object that fits a schema.", {
    [json]: koineObject,
  }),
  streamText: toRoute("streamText", "stream", "Answer a prompt as a stream.", { [events]: koineTextEvent }),
  streamObject: toRoute("streamObject", "stream-object", "Answer a prompt with an object, as it grows.", {
    [events]: koineObjectEvent,
  }),
  getKoineHealth: {
    method: "GET",
    path: "/compat/koine/health",
    tag: "Compatibility",
    summary: "Tell whether the agent program can answer now.",
    access: "any",
    answers: { 200: { [json]: koineHealth }, 503: { [json]: koineHealth } },
  },
};
