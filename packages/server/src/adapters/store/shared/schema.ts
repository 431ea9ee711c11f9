import type { JobTables } from "./job-tables.ts";
import type { ResponseTables } from "./response-tables.ts";
import type { ScheduleTables } from "./schedule-tables.ts";
import type { WebhookTables } from "./webhook-tables.ts";

/**
 * The tables, as Kysely sees them on both stores. Ids and JSON are text, flags 0 or 1, money micro-dollars and times epoch
 * milliseconds in 64-bit integers.
 */
export interface Database extends WebhookTables, JobTables, ScheduleTables, ResponseTables {
  projects: {
    id: string;
    name: string;
    metadata: string;
    aliases: string;
    cache: string;
    created_at: number;
    archived_at: number | null;
  };
  api_keys: {
    id: string;
    public_id: string;
    secret_hash: string;
    previous_secret_hash: string | null;
    previous_until: number | null;
    name: string;
    project_id: string;
    profile: string;
    scopes: string;
    limits: string;
    metadata: string;
    expires_at: number | null;
    disabled: number;
    revoked_at: number | null;
    created_at: number;
    last_used_at: number | null;
  };
  profiles: { name: string; version: number; body: string; created_at: number };
  runs: {
    id: string;
    token_hash: string;
    project_id: string;
    key_id: string;
    models: string;
    metadata: string;
    profile: string;
    budget_id: string | null;
    budget_reached: number;
    created_at: number;
    expires_at: number;
    ended_at: number | null;
  };
  directories: { name: string; path: string; access: string; created_at: number };
  budgets: {
    id: string;
    subject: string;
    subject_id: string;
    unit: string;
    period: string;
    max_amount: number;
    shadow: number;
    raise_amount: number | null;
    raise_until: number | null;
    created_at: number;
  };
  budget_windows: { budget_id: string; window_start: number; spent: number; reserved: number };
  reservations: {
    request_id: string;
    node_id: string;
    project_id: string;
    key_id: string;
    lease_until: number;
    /** JSON of the whole reservation. */
    body: string;
  };
  usage: {
    id: string;
    at: number;
    day: string;
    project_id: string;
    key_id: string;
    run_id: string | null;
    model: string;
    driver: string;
    input_tokens: number;
    cache_read_tokens: number;
    cache_write_tokens: number;
    output_tokens: number;
    cost_micros: number | null;
    latency_ms: number;
    first_token_ms: number | null;
    outcome: string;
    profile: string;
  };
  audit: {
    sequence: number;
    at: number;
    actor: string;
    action: string;
    target: string;
    project_id: string | null;
    address: string | null;
    policy: string | null;
    result: string;
    detail: string | null;
    payload_digest: string | null;
    previous_hash: string;
    hash: string;
  };
  rate_buckets: { key_id: string; kind: string; level: number; updated_at: number };
  conversations: { id: string; body: string; version: number; updated_at: number };
  response_cache: { project_id: string; cache_key: string; body: string; created_at: number };
  agents: { id: string; project_id: string; created_at: number; archived_at: number | null };
  /** `body`: JSON of what a version holds. */
  agent_versions: { agent_id: string; version: number; body: string; created_at: number };
  environments: {
    id: string;
    project_id: string;
    revision: number;
    body: string;
    created_at: number;
    updated_at: number;
    archived_at: number | null;
    deleted_at: number | null;
  };
  files: {
    id: string;
    project_id: string;
    filename: string;
    mime_type: string;
    size_bytes: number;
    digest: string;
    scope_id: string | null;
    created_at: number;
    expires_at: number | null;
  };
  /** `position`: the order within a session. `body`: JSON of the resource as it is shown. */
  session_resources: { id: string; session_id: string; position: number; body: string };
  sessions: {
    id: string;
    project_id: string;
    key_id: string;
    agent_id: string;
    agent_version: number;
    status: string;
    /** JSON of `SessionBody`. */
    body: string;
    /** JSON of `SessionState`. */
    state: string;
    created_at: number;
    updated_at: number;
    archived_at: number | null;
    last_sequence: number;
    version: number;
    /** It has something to do. */
    ready: number;
    lease_node: string | null;
    lease_until: number;
    fence: number;
  };
  session_events: {
    session_id: string;
    sequence: number;
    id: string;
    type: string;
    processed_at: number | null;
    body: string;
  };
  interactions: {
    id: string;
    session_id: string;
    project_id: string;
    kind: string;
    state: string;
    deadline: number;
    created_at: number;
    body: string;
    /** JSON of what was decided and by whom. */
    outcome: string | null;
  };
  transcripts: { session_id: string; transcript_id: string; content: string; digest: string; sequence: number };
  idempotency_keys: { scope: string; claim: string; digest: string; answer: string; created_at: number };
}
