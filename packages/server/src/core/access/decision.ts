/** What a profile says to one request. `ask`: a person has to say yes first. */
export interface Decision {
  readonly action: "allow" | "ask" | "deny";
  /** A sentence for whoever asked. */
  readonly reason: string;
  /** The entry that decided, such as `toolRules[2]` or `allowedModels: "haiku"`; `default` where nothing permits it. */
  readonly rule: string;
}

export function toAllowed(rule: string, reason: string): Decision {
  return { action: "allow", reason, rule };
}

export function toDenied(rule: string, reason: string): Decision {
  return { action: "deny", reason, rule };
}

/** A name or a text of the client as it may stand in a reason. */
export function toShown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
