#!/usr/bin/env bash
# Starts nginx in front of an API, beside Keywright, and shows it good and bad tokens.
#
#   examples/nginx/try.sh target/debug/keywright [MODULES]
#
# MODULES is where ngx_http_js_module.so is (Debian: libnginx-mod-http-js).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export NGINX_EXAMPLE=$here NGINX_MODULES=${2:-/usr/lib/nginx/modules}
exec "$here/../interop/guarded.sh" "$(realpath "$1")" bash -c '
    sed "s/:8080/:$ISSUER_PORT/; s/:3001/:$PORT/; s/:3002/:$BEHIND_PORT/" \
        "$NGINX_EXAMPLE/server.conf" > "$SCRATCH/server.conf"
    cp "$NGINX_EXAMPLE/keywright.js" "$SCRATCH/"
    printf "proxy_set_header Authorization \"Basic %s\";\n" \
        "$(printf %s "$API_CLIENT_ID:$API_CLIENT_SECRET" | base64 -w0)" \
        > "$SCRATCH/keywright-secret.conf"
    cat > "$SCRATCH/nginx.conf" <<END
load_module $NGINX_MODULES/ngx_http_js_module.so;
daemon off;
pid $SCRATCH/nginx.pid;
error_log stderr notice;
events {}
http {
    access_log off;
    client_body_temp_path $SCRATCH/body;
    proxy_temp_path $SCRATCH/proxy;
    fastcgi_temp_path $SCRATCH/fastcgi;
    uwsgi_temp_path $SCRATCH/uwsgi;
    scgi_temp_path $SCRATCH/scgi;
    js_path $SCRATCH;
    include server.conf;
    server {
        listen 127.0.0.1:$BEHIND_PORT;
        location / { return 200 "for \$http_x_subject\n"; }
    }
}
END
    exec nginx -p "$SCRATCH" -c "$SCRATCH/nginx.conf"'
