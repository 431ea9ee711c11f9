import { dialectRoutes } from "./dialect-routes.ts";
import { koineRoutes } from "./koine-routes.ts";
import { nativeRoutes } from "./native-routes.ts";
import { serverRoutes } from "./server-routes.ts";
import type { DescribedRoutes } from "./described-route.ts";

/** What the operations are sorted by, each with what it is about. */
export const tags = {
  Chat: "OpenAI's Chat Completions, and conversations that the server keeps.",
  Responses: "OpenAI's Responses, with those that the server keeps.",
  Messages: "Anthropic's Messages.",
  Models: "What a key may ask for, in OpenAI's shape, or in Anthropic's where `anthropic-version` is sent.",
  Tasks: "Jobs for an agent: handed over, watched, fetched.",
  Batches: "Many prompts or tasks in one request.",
  Schedules: "Tasks that are made at the times of a cron expression.",
  Agents: "What a session is made after, in the shape of Anthropic's Managed Agents.",
  Environments: "Where sessions work.",
  Sessions: "An agent at work: events in, events out, a log that can be read again.",
  Approvals: "What waits for a person.",
  Files: "Files for sessions and tasks.",
  Work: "What a run changed: artifacts, the difference, landing it.",
  Runs: "Budgets and tokens for agents that work elsewhere.",
  Usage: "What was used, and the record of it.",
  Administration: "Projects, keys, profiles, budgets, webhooks, directories.",
  Compatibility: "Routes of services whose clients go on working here.",
  MCP: "The Model Context Protocol.",
  Server: "The server itself.",
} as const;

/** Every route and socket, by the name of its operation. */
export const describedRoutes: DescribedRoutes = {
  ...dialectRoutes,
  ...nativeRoutes,
  ...koineRoutes,
  ...serverRoutes,
};
