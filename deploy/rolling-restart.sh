#!/bin/sh
# Run on the machine of compose.yaml with its two servers: `rolling-restart.sh IMAGE`, in the folder of compose.yaml. Each
# server is replaced while the other answers; one that does not get healthy stops it all, and the old image comes back.
set -eu
image=$1
docker pull --quiet "$image"
previous=$(docker image inspect --format '{{.Id}}' gantry 2>/dev/null || true)
replace() {
  docker tag "$1" gantry
  # Waits for the health check of the image; running answers of the old server are given their time first.
  docker compose --profile two up --detach --no-deps --no-build --wait --wait-timeout 300 "$2"
}
for server in gantry gantry-2; do
  if replace "$image" "$server"; then continue; fi
  echo "$server did not get healthy" >&2
  docker compose --profile two logs --tail 50 "$server" >&2
  [ -z "$previous" ] || for each in gantry gantry-2; do replace "$previous" "$each"; done
  exit 1
done
