#!/bin/sh
# Writes what nginx must be told of its place into conf.d: the addresses of the apis, and whether there is a certificate. Then looks
# again every other second, and lets nginx reload when apis came or went or the certificate is new. A reload ends no connection.
# (nginx before 1.27.3 looks up the names of an upstream group only when it starts.)
#
#   BERTH_API            where the apis are: HOST:PORT, several with spaces (api:8080); a name may stand for several
#   BERTH_PUBLIC_URL     where plain HTTP is sent to when there is a certificate
#   NGINX_FOLDER         /etc/nginx
#   NGINX_HTTP, NGINX_HTTPS, NGINX_STATUS   what to listen on (80, 443, 127.0.0.1:8081)
set -eu
folder=${NGINX_FOLDER:-/etc/nginx}
http=${NGINX_HTTP:-80} https=${NGINX_HTTPS:-443}
tls=$folder/tls

# host:port of each address behind the names, sorted.
apis() {
    for api in ${BERTH_API:-api:8080}; do
        case ${api%:*} in
        # A number is none to look up; where there is no network but the loopback, nothing would be found.
        *[!0-9.]*) getent ahostsv4 "${api%:*}" | while read -r address _; do echo "$address:${api##*:}"; done ;;
        *) echo "$api" ;;
        esac
    done | sort -u
}

certificate() { cat "$tls/fullchain.pem" "$tls/privkey.pem" 2>/dev/null | cksum; }

write_apis() {
    {
        echo 'upstream api {'
        echo '    least_conn;'
        # One that refuses is left alone for a moment. Again as backup: when all are left alone, as in a quick upgrade, they are
        # asked all the same.
        for address in $1; do
            echo "    server $address max_fails=1 fail_timeout=2s;"
            echo "    server $address max_fails=0 backup;"
        done
        # Nobody is there yet: nginx starts all the same, and says so to who comes.
        [ -n "$1" ] || echo '    server 127.0.0.1:1;'
        echo '    keepalive 128;'
        # Sooner than an api closes a connection on which nothing came (30 s), or a call would meet a closed one.
        echo '    keepalive_timeout 20s;'
        echo '}'
        # For what stays open a group of its own, in which nobody is left alone: nginx believes in one again only when a call to it
        # has ended, and these do not.
        echo 'upstream streams {'
        echo '    least_conn;'
        for address in $1; do echo "    server $address max_fails=0;"; done
        [ -n "$1" ] || echo '    server 127.0.0.1:1;'
        echo '}'
    } >"$folder/conf.d/apis.new"
    mv "$folder/conf.d/apis.new" "$folder/conf.d/apis.conf"
}

# shellcheck disable=SC2016 # nginx's own variables
write_site() {
    rm -f "$folder/conf.d/https.inc"
    {
        echo 'server {'
        echo "    listen $http backlog=4096;"
        if [ -r "$tls/fullchain.pem" ] && [ -r "$tls/privkey.pem" ]; then
            echo 'add_header Strict-Transport-Security "max-age=31536000" always;' >"$folder/conf.d/https.inc"
            echo '    root /usr/share/nginx/acme;'
            echo '    location /.well-known/acme-challenge/ { try_files $uri =404; }'
            echo "    location / { return 308 ${BERTH_PUBLIC_URL:-https://\$host}\$request_uri; }"
            echo '}'
            echo 'server {'
            echo "    listen $https ssl http2 backlog=4096;"
            echo "    ssl_certificate $tls/fullchain.pem;"
            echo "    ssl_certificate_key $tls/privkey.pem;"
        else
            echo '    location /.well-known/acme-challenge/ { root /usr/share/nginx/acme; try_files $uri =404; }'
        fi
        echo '    include berth/site.inc;'
        echo '}'
        # Only for who stands beside it: is nginx itself alive.
        echo 'server {'
        echo "    listen ${NGINX_STATUS:-127.0.0.1:8081};"
        echo '    access_log off;'
        echo '    location = /status { stub_status; }'
        echo '}'
    } >"$folder/conf.d/site.conf"
}

watch() {
    while sleep 2; do
        now=$(apis) now_certificate=$(certificate)
        [ -n "$now" ] || now=$known # the names' server may be the one that is away
        [ "$now $now_certificate" != "$known $known_certificate" ] || continue
        known=$now known_certificate=$now_certificate
        write_apis "$now"
        write_site
        if nginx -t -q; then nginx -s reload; fi
    done
}

known=$(apis) known_certificate=$(certificate)
write_apis "$known"
write_site
[ "${1:-}" = once ] || watch &
