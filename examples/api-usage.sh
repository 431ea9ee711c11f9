#!/usr/bin/env bash
# The calls of the HTTP API that most programs need, with curl: health, models, a whole answer, a streamed one, which model `auto`
# would take, and what it all has cost.
#
#   GANTRY_API_KEY=gk_… examples/api-usage.sh "What is a mutex? One sentence."
#
# Needs: curl, and node to read JSON (jq does as well). GANTRY_URL where the server is elsewhere. The key needs the scope `inference`.
set -euo pipefail

: "${GANTRY_API_KEY:?Set GANTRY_API_KEY to a key of Gantry, such as the content of ~/.gantry/admin.key}"
url=${GANTRY_URL:-http://127.0.0.1:8006}
prompt=${1:?Usage: api-usage.sh PROMPT}
# An answer that grows longer than this is cut: no prompt costs more than one expects.
max_tokens=500

# A refusal ends the program, and shows the server's own words. The key goes in by a file of curl's, so that no list of processes shows it.
call() {
  local path=$1
  shift
  curl -sS --fail-with-body --config <(printf 'header = "Authorization: Bearer %s"\n' "$GANTRY_API_KEY") \
    -H "Content-Type: application/json" "$url$path" "$@"
}
# field EXPRESSION: what the JSON on the standard input has there.
field() { node -p 'const body = JSON.parse(require("fs").readFileSync(0, "utf8")); '"$1"; }
# A body with the prompt in it, whatever characters it has.
body() { node -p 'JSON.stringify({ ...JSON.parse(process.argv[2]), messages: [{ role: "user", content: process.argv[1] }] })' "$prompt" "$1"; }

echo "health: $(curl -sS --fail-with-body "$url/health" | field body.status)"
echo "models: $(call /v1/models | field 'body.data.map(({ id }) => id).filter((id) => !id.includes("-")).join(", ")')"

route=$(node -p 'JSON.stringify({ prompt: process.argv[1], context_size: 0 })' "$prompt")
echo "auto would take: $(call /v1/route -d "$route" | field body.recommended_model)"

answer=$(call /v1/chat/completions -d "$(body '{"model":"haiku","max_tokens":'$max_tokens'}')")
echo "answer: $(field body.content <<< "$answer")"
echo "tokens: $(field body.usage.total_tokens <<< "$answer"), cost: \$$(field 'body.cost.toFixed(6)' <<< "$answer")"

# Server-sent events: a line `data: {…}` for each piece, and `data: [DONE]` behind the last.
echo -n "streamed: "
call /v1/chat/completions --no-buffer -d "$(body '{"model":"haiku","stream":true,"max_tokens":'$max_tokens'}')" |
  node -e '
    require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
      if (!line.startsWith("data: {")) return;
      const { choices, error } = JSON.parse(line.slice(6));
      if (error) throw new Error(error.message);
      process.stdout.write(choices[0]?.delta.content ?? "");
    }).on("close", () => console.log());'

echo "this month: \$$(call "/v1/usage?period=month" | field 'body.total_cost.toFixed(6)')"
