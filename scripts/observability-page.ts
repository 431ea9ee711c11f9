import { instruments, toLabelName, toPrometheusName } from "../packages/server/src/adapters/metrics/instruments.ts";

const introduction = `# Observability

This page is written by \`node scripts/run.mjs scripts/docs.ts\`; the table is made from
\`packages/server/src/adapters/metrics/instruments.ts\`.

## Metrics

\`GET /metrics\` gives the figures in Prometheus's text format to a key with the scope \`admin\`, as
\`Authorization: Bearer KEY\` (in Prometheus: \`authorization\` with \`credentials_file\`).

The same figures go to an OpenTelemetry collector where the usual environment names one. They are sent as OTLP over HTTP in
its JSON form, cumulative, and a last time at the stop. A collector that is slow, wrong or gone costs one line in the log
and nothing else. Read are \`OTEL_EXPORTER_OTLP_ENDPOINT\` and \`…_METRICS_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_HEADERS\` and
\`…_METRICS_HEADERS\`, \`OTEL_EXPORTER_OTLP_TIMEOUT\` and \`…_METRICS_TIMEOUT\`, \`OTEL_METRIC_EXPORT_INTERVAL\`,
\`OTEL_METRIC_EXPORT_TIMEOUT\`, \`OTEL_SERVICE_NAME\`, \`OTEL_RESOURCE_ATTRIBUTES\`, \`OTEL_METRICS_EXPORTER\` (\`none\` switches it
off) and \`OTEL_SDK_DISABLED\`. A collector that speaks gRPC alone cannot be reached: with \`grpc\` as protocol nothing is
exported, and the start says so. What else cannot be honoured is a warning at the start.

No figure is told apart by key or project: there may be any number of them. \`GET /v1/usage\` has those figures. A model that is
not one of those served counts as \`other\`.

| Prometheus | OpenTelemetry | Kind | Labels | Meaning |
|---|---|---|---|---|
`;

const rest = `
## Traces

A request takes part in the trace of its \`traceparent\` header (W3C Trace Context); without one, or with one that is not valid,
a new trace begins. The answer carries \`traceparent\` with an id of this request's own, and the log line of the request has it
as \`trace_id\`, \`span_id\` and \`parent_span_id\`. Gantry records no spans, and \`tracestate\` is not passed on.

With an API key as credential, a trace that the client began goes on to the model's provider: the CLI sends \`traceparent\`
with the calls of that turn. It costs one change of settings, as \`temperature\` does. A trace that began here stays here, since
nobody else knows of it. With a subscription login the CLI's calls are left as they are.

## Logs

The log is on standard error, one JSON object a line. Each request is one line, \`request answered\`, when the connection is
done with it: its id, method, route, status, milliseconds, the kind of process that served it, the ids of its key and project,
and its trace; with \`cut\` where the client left before the end. Prompts, answers, addresses, headers and secrets are in no
line. With \`logPrompts\` (\`GANTRY_LOG_PROMPTS=true\`) and the level \`debug\` the prompts are logged too; the answers never.
`;

/** The text of docs/observability.md, its table made from the table of instruments. */
export function observabilityPage(): string {
  const rows = Object.values(instruments).map((instrument) => {
    const { name, unit, kind, attributes, help } = instrument;
    const labels = attributes.map((attribute) => `\`${toLabelName(attribute)}\``).join(", ");
    return `| \`${toPrometheusName(instrument)}\` | \`${name}\`, ${unit} | ${kind} | ${labels} | ${help} |\n`;
  });
  return `${introduction}${rows.join("")}${rest}`;
}
