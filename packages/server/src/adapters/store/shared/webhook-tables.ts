/** The part of `Database` that webhooks are kept in. */
export interface WebhookTables {
  webhooks: {
    id: string;
    project_id: string;
    url: string;
    /** JSON of the types that it wants. */
    events: string;
    description: string;
    secret: string;
    previous_secret: string | null;
    previous_until: number;
    link_secret: string | null;
    disabled: number;
    failures: number;
    paused_until: number;
    created_at: number;
  };
  webhook_deliveries: {
    id: string;
    webhook_id: string;
    event_id: string;
    type: string;
    body: string;
    state: string;
    attempts: number;
    /** While it is pending: when it is due, or until when somebody has claimed it. Else when it was decided. */
    at: number;
    last_status: number | null;
    last_error: string | null;
    created_at: number;
  };
}
