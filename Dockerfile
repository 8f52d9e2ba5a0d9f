# Needs nothing but Node to build and nothing but itself to run. Try it with a read-only root:
#   docker run --read-only --publish 8181:8181 --volume todos:/data todos
ARG BUILD_BASE=node:22-bookworm
ARG RUN_BASE=scratch

FROM ${BUILD_BASE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY scripts/ensure-bun.mjs scripts/
RUN npm ci && node scripts/ensure-bun.mjs
COPY . .
# The history is not part of the image's context; give these to have them in `todos version`.
ARG COMMIT=unknown
ARG COMMIT_TIME=unknown
RUN node_modules/.bin/bun scripts/build.ts --commit "$COMMIT" --commit-time "$COMMIT_TIME"
RUN node scripts/image-root.mjs dist/todos /image

FROM ${RUN_BASE}
COPY --from=build /image/ /
COPY --from=build --chown=65532:65532 /image/data/ /data/
ENV PATH=/usr/local/bin \
    TODOS_HOST=0.0.0.0 \
    TODOS_SQLITE_PATH=/data/todos.db \
    TODOS_DRAIN_DELAY_MS=20000
USER 65532:65532
VOLUME /data
EXPOSE 8181
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["todos", "healthcheck"]
ENTRYPOINT ["todos"]
