# Keywright on Debian slim. OpenSSL, SQLite and libpq are built into the binary, so that the
# image needs nothing but the C library and the certificates of public authorities.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# Cached between builds: the registry and what was compiled.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p keywright \
    && install -D -m 0755 target/release/keywright /out/keywright \
    && install -d -m 0700 /out/data

FROM debian:bookworm-slim
# `keywright doctor` asks the issuer over https.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/keywright /usr/local/bin/keywright
# SQLite's files and the master key, when no other database is configured. Nothing else is
# written: the root may be read-only.
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
ENV KEYWRIGHT_LISTEN=0.0.0.0:8080 \
    KEYWRIGHT_DATA_DIR=/data
# KEYWRIGHT_ISSUER must be given: nobody reaches a container at the address it listens on.
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["keywright"]
CMD ["serve"]
