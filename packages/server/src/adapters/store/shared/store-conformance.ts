import { describeAgents } from "./conformance/agent-conformance.ts";
import { describeAudit } from "./conformance/audit-conformance.ts";
import { describeCache } from "./conformance/cache-conformance.ts";
import { describeConversations } from "./conformance/conversation-conformance.ts";
import { describeFiles } from "./conformance/file-conformance.ts";
import { describeDirectories } from "./conformance/directory-conformance.ts";
import { describeChanges } from "./conformance/change-conformance.ts";
import { describeJobs } from "./conformance/job-conformance.ts";
import { describeJobItems } from "./conformance/job-item-conformance.ts";
import { describeJobProperties } from "./conformance/job-properties.ts";
import { describeKeys } from "./conformance/key-conformance.ts";
import { describeLeases } from "./conformance/lease-conformance.ts";
import { describeBudgetRules } from "./conformance/budget-conformance.ts";
import { describeLedger } from "./conformance/ledger-conformance.ts";
import { describeLedgerProperties } from "./conformance/ledger-properties.ts";
import { describeProfiles } from "./conformance/profile-conformance.ts";
import { describeProjects } from "./conformance/project-conformance.ts";
import { describeResponses } from "./conformance/response-conformance.ts";
import { describeRuns } from "./conformance/run-conformance.ts";
import { describeSchedules } from "./conformance/schedule-conformance.ts";
import { describeSessionLists } from "./conformance/session-list-conformance.ts";
import { describeSessionNews } from "./conformance/session-news-conformance.ts";
import { describeSessions } from "./conformance/session-conformance.ts";
import type { Describe, OpenStore } from "./conformance/store-under-test.ts";
import { createDescribe } from "./conformance/store-under-test.ts";
import { describeWebhooks } from "./conformance/webhook-conformance.ts";
import { describeUsage } from "./conformance/usage-conformance.ts";

const suites: readonly ((describe: Describe) => void)[] = [
  describeProjects,
  describeKeys,
  describeRuns,
  describeAgents,
  describeFiles,
  describeDirectories,
  describeProfiles,
  describeBudgetRules,
  describeLedger,
  describeLeases,
  describeLedgerProperties,
  describeUsage,
  describeAudit,
  describeChanges,
  describeCache,
  describeConversations,
  describeSessions,
  describeSessionLists,
  describeSessionNews,
  describeWebhooks,
  describeJobs,
  describeJobItems,
  describeJobProperties,
  describeSchedules,
  describeResponses,
];

/**
 * What every backend must do, registered as tests whose names begin with `name`. Each test calls `open` for a store of its own with
 * nothing in it but what the migrations seed, and closes it.
 */
export function describeStore(name: string, open: OpenStore): void {
  for (const suite of suites) suite(createDescribe(name, open));
}
