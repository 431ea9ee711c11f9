import { createSecret, type Secret } from "./secret.ts";

/** Where and how often the figures go to an OpenTelemetry collector. */
export interface OtlpConfig {
  /** The headers hold keys, and the address may. */
  readonly target: Secret<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
  readonly intervalMs: number;
  /** For one export, its repetitions included. */
  readonly timeoutMs: number;
  /** Attributes of the OpenTelemetry resource; `service.name` is always there. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface OtlpReading {
  /** Undefined where nothing is to be exported. */
  readonly otlp: OtlpConfig | undefined;
  readonly warnings: readonly string[];
}

interface Variables {
  /** Undefined where it is not set, or blank. */
  get(name: string): string | undefined;
  /** `OTEL_EXPORTER_OTLP_METRICS_…`, else the one for all signals; with the name of the one that was found. */
  getForMetrics(name: string): { readonly variable: string; readonly text: string } | undefined;
  warn(variable: string, problem: string): void;
}

const exporter = "OTEL_EXPORTER_OTLP_";
const longestMs = 86_400_000;

/**
 * Reads the variables that OpenTelemetry has set down for every program (specification, "Environment Variable
 * Specification" and "OTLP Exporter"). They are often set for a whole machine and not for Gantry, so one that is wrong is
 * a warning and never keeps the server from starting. No warning holds a value: it may be a secret.
 */
export function readOtlpConfig(env: Readonly<Record<string, string | undefined>>): OtlpReading {
  const warnings: string[] = [];
  const get = (name: string): string | undefined => env[name]?.trim() || undefined;
  const variables: Variables = {
    get,
    getForMetrics: (name) =>
      [`${exporter}METRICS_${name}`, `${exporter}${name}`]
        .map((variable) => ({ variable, text: get(variable) ?? "" }))
        .find(({ text }) => text !== ""),
    warn: (variable, problem) => void warnings.push(`${variable}: ${problem}`),
  };
  return { otlp: isWanted(variables) ? readTarget(variables) : undefined, warnings };
}

function isWanted({ get }: Variables): boolean {
  if (get("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return false;
  const exporters = get("OTEL_METRICS_EXPORTER")?.split(",") ?? ["otlp"];
  return exporters.some((name) => name.trim() === "otlp");
}

function readTarget(variables: Variables): OtlpConfig | undefined {
  const { get, getForMetrics, warn } = variables;
  const endpoint = getForMetrics("ENDPOINT");
  if (endpoint === undefined) return undefined;
  const url = toUrl(endpoint.text, endpoint.variable === `${exporter}ENDPOINT`);
  if (url === undefined) {
    warn(endpoint.variable, "expected an http or https address without user and password; nothing is exported");
    return undefined;
  }
  const protocol = getForMetrics("PROTOCOL");
  // A collector takes JSON and protobuf at the same address.
  if (protocol !== undefined && !/^http\/(json|protobuf)$/.test(protocol.text)) {
    warn(protocol.variable, "expected http/json, since figures are exported over HTTP alone; nothing is exported");
    return undefined;
  }
  const temporality = `${exporter}METRICS_TEMPORALITY_PREFERENCE`;
  if ((get(temporality) ?? "cumulative").toLowerCase() !== "cumulative") {
    warn(temporality, "figures are exported as cumulative ones all the same");
  }
  return Object.freeze({
    target: createSecret({ url, headers: readHeaders(variables) }),
    ...readTimes(variables),
    resource: readResource(variables),
  });
}

/** The address for the metrics alone is used as it is; under the common one each signal has its path. */
function toUrl(endpoint: string, isCommon: boolean): string | undefined {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  if (isCommon) url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/metrics`;
  url.hash = "";
  return url.href;
}

function readTimes({ get, getForMetrics, warn }: Variables): Pick<OtlpConfig, "intervalMs" | "timeoutMs"> {
  const toMs = (variable: string, text: string | undefined, fallback: number): number => {
    if (text === undefined) return fallback;
    if (/^[1-9]\d{0,7}$/.test(text) && Number(text) <= longestMs) return Number(text);
    warn(variable, `expected a whole number of milliseconds from 1 to ${longestMs}; ${fallback} is used`);
    return fallback;
  };
  const read = (variable: string, fallback: number): number => toMs(variable, get(variable), fallback);
  const request = getForMetrics("TIMEOUT");
  return {
    intervalMs: read("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
    timeoutMs: Math.min(
      read("OTEL_METRIC_EXPORT_TIMEOUT", 30_000),
      toMs(request?.variable ?? "", request?.text, 10_000),
    ),
  };
}

function readHeaders(variables: Variables): Readonly<Record<string, string>> {
  const names = [`${exporter}HEADERS`, `${exporter}METRICS_HEADERS`];
  const pairs = names.flatMap((variable) => readPairs(variable, isHeader, variables));
  return Object.freeze(Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])));
}

function readResource(variables: Variables): Readonly<Record<string, string>> {
  const serviceName = variables.get("OTEL_SERVICE_NAME");
  return Object.freeze({
    "service.name": "gantry",
    ...Object.fromEntries(readPairs("OTEL_RESOURCE_ATTRIBUTES", () => true, variables)),
    ...(serviceName === undefined ? {} : { "service.name": serviceName }),
  });
}

/** `name=value,name=value`, the values percent-encoded, as W3C Baggage has it. */
function readPairs(
  variable: string,
  isValid: (name: string, value: string) => boolean,
  { get, warn }: Variables,
): (readonly [name: string, value: string])[] {
  const parts = get(variable)?.split(",") ?? [];
  return parts.flatMap((part) => {
    if (part.trim() === "") return [];
    const [, name, encoded = ""] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(part) ?? [];
    const value = decode(encoded.trim());
    if (name !== undefined && value !== undefined && isValid(name, value)) return [[name, value] as const];
    warn(variable, "expected name=value pairs with commas between them; one is left out");
    return [];
  });
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^`|~\w-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
