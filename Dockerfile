# syntax=docker/dockerfile:1.9
# What for: the container image: the one binary, on a base without shell or package manager, as a user without rights.
#   docker build --tag leptos-scalekit .
# Not here: what it is run with: deploy/compose.yaml, docs/deployment.md.
#
# Layers, from what changes least: tools, then the two lock files' tools, then the sources. The compiled dependencies are in a cache
# mount, not in a layer made by cargo-chef: cargo-leptos builds two targets with profiles, features and folders of its own, which a
# recipe would have to repeat exactly to be of any use. A builder that keeps no cache mounts compiles everything anew.

# Debian 12 in both images: a binary needs a C library no older than the one it was linked with.
FROM node:20.19-bookworm-slim AS node

FROM rust:1.95.0-bookworm AS build
WORKDIR /build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm

COPY rust-toolchain.toml ./
COPY scripts/env.sh scripts/setup.sh scripts/
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    scripts/setup.sh toolchain cargo_leptos
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    scripts/setup.sh wasm_opt
COPY Cargo.lock ./
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    scripts/setup.sh wasm_bindgen

COPY . .
# Ends with an error when the WASM is over its budget, as `make test` does. What is in a cache mount has to be copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    scripts/build.sh \
    && install -D target/release/leptos-scalekit /image/usr/local/bin/leptos-scalekit \
    && mkdir /image/data

# C library, certificates of authorities and time zones, nothing else. Distroless has no numbered tags: for builds that can be
# repeated to the bit, add the digest that `docker buildx imagetools inspect` shows for this tag.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /image/usr/local/bin/leptos-scalekit /usr/local/bin/leptos-scalekit
# The folder's owner becomes the volume's.
COPY --from=build --chown=65532:65532 /image/data /data

# In a container, the container's own address is what "loopback only" is elsewhere: publish 3000 to the proxy, 9464 to Prometheus.
# Not LEPTOS_SITE_ADDR, which would outweigh the port that a platform such as Cloud Run chooses.
ENV LEPTOS_ENV=PROD \
    PORT=3000
# part: metrics {
ENV METRICS_ADDR=0.0.0.0:9464
EXPOSE 9464
# part: metrics }
# part: sqlite {
ENV SESSION_STORE=sqlite:/data/sessions.db
# part: sqlite }
# nonroot, by number: Kubernetes can tell that it is not root.
USER 65532:65532
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3000
# Alive, not ready: a provider that is down is no reason to restart this.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/local/bin/leptos-scalekit", "healthcheck"]
# The process ends by itself within 10 s of SIGTERM, which is also Docker's patience: stop with `--timeout 15`.
ENTRYPOINT ["/usr/local/bin/leptos-scalekit"]
