/** The part of `Database` that schedules are kept in. */
export interface ScheduleTables {
  schedules: {
    id: string;
    project_id: string;
    key_id: string;
    due_at: number | null;
    body: string;
    version: number;
    created_at: number;
    updated_at: number;
  };
}
