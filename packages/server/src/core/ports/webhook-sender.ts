/** Carries one attempt to an endpoint. */
export interface WebhookSender {
  /** Never rejects: what goes wrong is an outcome. */
  send(attempt: WebhookAttempt): Promise<WebhookOutcome>;
}

export interface WebhookAttempt {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Comes where the server stops. */
  readonly signal: AbortSignal;
}

/** `status` is what the endpoint answered, whatever that is; `error` says in a few words why there is no answer. */
export type WebhookOutcome = { readonly status: number } | { readonly error: string };
