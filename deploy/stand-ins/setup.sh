#!/bin/sh
# Runs once inside the new image: users and folders as the official images have them.
set -eu
# The distribution starts these by itself on a machine; here an entry point does.
rm -rf /var/lib/postgresql/* /etc/postgresql/* /var/lib/redis/* /etc/nginx/sites-enabled /etc/nginx/conf.d
adduser --system --group --no-create-home --uid 101 --quiet nginx 2>/dev/null || adduser --system --group --no-create-home --quiet nginx
ln -sf /usr/lib/postgresql/*/bin/* /usr/local/bin/
install -d -o postgres -g postgres -m 3777 /var/lib/postgresql/data
install -d /docker-entrypoint-initdb.d /docker-entrypoint.d /etc/nginx/templates /etc/nginx/conf.d /usr/share/nginx/html
install -d -o nginx -g nginx /var/cache/nginx
install -d -o redis -g redis /data
install -d -o nobody -g nogroup /prometheus
# Found by the configuration of deploy/nginx only where the module is there.
echo 'brotli_static on;' >/etc/nginx/brotli.inc
# Logs are the container's output.
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/apt /usr/share/doc /usr/share/man
