# Gantry with Node, bubblewrap and git. Claude Code is its vendor's, and its licence forbids to pass it on: it comes in where
# whoever builds an image for themselves names a version (CLAUDE_CODE_VERSION), and is mounted otherwise. See docs/container.md.
ARG NODE_IMAGE=node:24-bookworm-slim

# The package as it is published, made from the lockfile and the sources.
FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
RUN npm run pack

# The CLI for this image's processor, or an empty folder.
FROM ${NODE_IMAGE} AS claude
ARG CLAUDE_CODE_VERSION=""
WORKDIR /claude
RUN mkdir node_modules \
  && if [ -n "$CLAUDE_CODE_VERSION" ]; then \
    case "$(dpkg --print-architecture)" in \
      amd64) arch=x64 ;; \
      arm64) arch=arm64 ;; \
      *) echo "Claude Code comes for amd64 and arm64 only" >&2; exit 1 ;; \
    esac; \
    npm install --no-save --ignore-scripts --no-audit --no-fund "@anthropic-ai/claude-code-linux-$arch@$CLAUDE_CODE_VERSION"; \
  fi

FROM ${NODE_IMAGE} AS runtime
LABEL org.opencontainers.image.title="Gantry" \
  org.opencontainers.image.description="Coding-agent CLIs as a service" \
  org.opencontainers.image.licenses="MIT"
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends bubblewrap ca-certificates git tini \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 gantry \
  && useradd --uid 10001 --gid gantry --create-home --shell /usr/sbin/nologin gantry \
  && install --directory --owner gantry --group gantry --mode 0700 /var/lib/gantry /var/lib/gantry/files
COPY --from=build /src/release/gantry /opt/gantry
# Where Gantry looks first, if GANTRY_CLAUDE_BIN names nothing.
COPY --from=claude /claude/node_modules /opt/gantry/node_modules
# Walls are insisted on: where the container is not allowed to build them, the start fails and says what to allow.
ENV NODE_ENV=production \
  HOME=/home/gantry \
  GANTRY_HOST=0.0.0.0 \
  GANTRY_PORT=8006 \
  GANTRY_DATA=/var/lib/gantry \
  GANTRY_SANDBOX=bubblewrap
USER 10001:10001
WORKDIR /var/lib/gantry
VOLUME /var/lib/gantry
EXPOSE ${GANTRY_PORT}
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GANTRY_PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/opt/gantry/bin/gantry.mjs"]
CMD ["serve"]
