# Keywright on Debian slim. OpenSSL, SQLite and libpq are built into the binary, so that the
# image needs nothing but the C library.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p keywright \
    && install -d -m 0700 /out/data

FROM debian:bookworm-slim
COPY --from=build /src/target/release/keywright /usr/local/bin/keywright
# SQLite's files and the master key, when no other database is configured.
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
