#!/usr/bin/env bash
# Puts an image on a machine that runs compose.yaml with two servers: `to-machine.sh USER@HOST IMAGE URL`. Takes the private
# key in KEY and the machine's line of known_hosts in KNOWN_HOSTS. All the while the address is asked for its health; one
# answer that fails fails the deployment.
set -euo pipefail
machine=$1 image=$2 url=$3
files=$(mktemp --directory)
trap 'rm -rf "$files"' EXIT
(umask 077 && printf '%s\n' "$KEY" > "$files/key")
printf '%s\n' "$KNOWN_HOSTS" > "$files/known_hosts"

watch_health() {
  while [ ! -e "$files/done" ]; do
    curl --silent --show-error --fail --max-time 10 --output /dev/null "$url/health" || echo "$(date --utc +%T) no answer" >> "$files/failures"
    sleep 0.2
  done
}
curl --silent --show-error --fail --max-time 10 --output /dev/null "$url/health"
watch_health &
watch=$!
status=0
# The image is a digest of our own registry; quoted once more, for the shell over there.
ssh -i "$files/key" -o UserKnownHostsFile="$files/known_hosts" -o BatchMode=yes "$machine" \
  "cd gantry && sh -s -- $(printf '%q' "$image")" < "$(dirname "$0")/rolling-restart.sh" || status=$?
touch "$files/done"
wait "$watch"
curl --silent --show-error --fail --max-time 10 --output /dev/null "$url/ready"
if [ -e "$files/failures" ]; then
  echo "Requests failed while servers were replaced:" >&2
  cat "$files/failures" >&2
  status=1
fi
exit "$status"
