import type { Migration } from "kysely/migration";
import { createFirstMigration } from "./0001-first.ts";
import { runsMigration } from "./0002-runs.ts";
import { sessionsMigration } from "./0003-sessions.ts";
import { directoriesMigration } from "./0004-directories.ts";
import { managedMigration } from "./0004-managed.ts";
import { webhooksMigration } from "./0005-webhooks.ts";
import { jobsMigration } from "./0006-jobs.ts";
import { answerLinksMigration } from "./0007-answer-links.ts";
import { schedulesMigration } from "./0008-schedules.ts";
import { jobItemsMigration } from "./0009-job-items.ts";
import { jobNewsMigration } from "./0010-job-news.ts";
import { conversationsMigration } from "./0011-conversations.ts";
import { responsesMigration } from "./0012-responses.ts";

/**
 * All migrations by name, which is also their order. A released one is never changed: what it made is out there.
 * `now` (epoch milliseconds) dates what a migration seeds.
 */
export function createMigrations(now: number): Record<string, Migration> {
  return {
    "0001-first": createFirstMigration(now),
    "0002-runs": runsMigration,
    "0003-sessions": sessionsMigration,
    "0004-directories": directoriesMigration,
    "0004-managed": managedMigration,
    "0005-webhooks": webhooksMigration,
    "0006-jobs": jobsMigration,
    "0007-answer-links": answerLinksMigration,
    "0008-schedules": schedulesMigration,
    "0009-job-items": jobItemsMigration,
    "0010-job-news": jobNewsMigration,
    "0011-conversations": conversationsMigration,
    "0012-responses": responsesMigration,
  };
}
