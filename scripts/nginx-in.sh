#!/usr/bin/env bash
# nginx as docker-compose.yml has it, with all that it reads and writes below a folder: nginx-in.sh FOLDER
# It is then started as: nginx -p FOLDER -e /dev/stderr -c FOLDER/nginx.conf -g 'daemon off;'
#
#   BERTH_API, NGINX_HTTP, NGINX_HTTPS, NGINX_STATUS   as deploy/nginx/berth.sh has them; a certificate lies in FOLDER/tls
#   NGINX_USER       whose its workers are, where root starts it (www-data)
#   NGINX_PATIENCE   its time-outs for streams, instead of 7d
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
mkdir -p "$folder"/{conf.d,tls,www}
cp -R deploy/nginx/berth deploy/nginx/nginx.conf "$folder/"
# The distribution's modules are not needed: what they add is for what is compressed ahead of time.
sed -i -e '/modules-enabled/d' -e "s#^user .*#user ${NGINX_USER:-www-data};#" -e "s# /tmp/# $folder/#" \
  -e "s#/dev/stdout#$folder/access.log#" "$folder/nginx.conf"
sed -i -e "s#7d;#${NGINX_PATIENCE:-7d};#" "$folder/berth/stream.inc"
sed -i -e "s#/usr/share/nginx/html#$folder/www#" "$folder/berth/site.inc"
NGINX_FOLDER=$folder deploy/nginx/berth.sh once
