/** The part of `Database` that clients' responses are kept in. */
export interface ResponseTables {
  responses: {
    id: string;
    project_id: string;
    key_id: string;
    previous_id: string | null;
    root_id: string;
    depth: number;
    bytes: number;
    state: "running" | "ended" | "removed";
    body: string;
    input: string;
    lease_until: number | null;
    created_at: number;
    expires_at: number;
  };
}
