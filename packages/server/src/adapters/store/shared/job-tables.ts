/** The part of `Database` that jobs are kept in. */
export interface JobTables {
  jobs: {
    id: string;
    kind: string;
    project_id: string;
    key_id: string;
    phase: string;
    status: string;
    priority: number;
    not_before: number;
    project_limit: number;
    key_limit: number;
    lease_node: string | null;
    lease_until: number;
    attempts: number;
    fence: number;
    version: number;
    body: string;
    news: string | null;
    created_at: number;
    updated_at: number;
    schedule_id: string | null;
  };
  job_items: {
    job_id: string;
    place: number;
    body: string;
    /** Null, as `result`, until it is done. */
    status: string | null;
    result: string | null;
    cost_micros: number;
    tokens: number;
  };
  /** When a project's last job of a kind was claimed. */
  job_turns: { kind: string; project_id: string; served_at: number };
  job_holds: { kind: string; until: number };
}
