/** The routes of a server's administration, asked with its admin key. */
export interface AdminClient {
  /** Gives the answer's body. Rejects where the server refuses. */
  ask<Answer>(method: "GET" | "POST", path: string, body?: object): Promise<Answer>;
}

export function createAdminClient({ url, key }: { readonly url: string; readonly key: string }): AdminClient {
  return {
    async ask<Answer>(method: "GET" | "POST", path: string, body?: object) {
      const response = await fetch(`${url}/v1/admin/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} gave HTTP ${response.status}: ${text.slice(0, 500)}`);
      // Its own shape, as the server's OpenAPI document has it.
      return JSON.parse(text) as Answer;
    },
  };
}
