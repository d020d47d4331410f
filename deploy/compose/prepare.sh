#!/bin/sh
# Writes what compose.yaml needs, and keeps what is there: each secret to a file in
# deploy/compose/secrets, and a certificate of the balancer for localhost to deploy/tls. SECRET,
# OPERATOR_TOKEN and POSTGRES_PASSWORD are taken from the environment or a file .env, if set there.
set -eu
command -v openssl >/dev/null || { echo 'prepare.sh needs openssl. Install it and run this again.' >&2; exit 1; }
cd "$(dirname "$0")/../.."
secrets=deploy/compose/secrets
tls=deploy/tls
umask 077
mkdir -p "$secrets" "$tls"
chmod 700 "$secrets" "$tls"

# Nobody else can enter the folders. The files are readable by all, because they are mounted into
# containers that run as other users.
readable() { chmod 444 "$@"; }
keep() {
  [ -s "$secrets/$1" ] && return
  printf '%s' "$2" >"$secrets/$1"
  readable "$secrets/$1"
}
random() { openssl rand -hex 32; }
value() { cat "$secrets/$1"; }
# The value in the environment, or in .env without quotes and a comment, or a new one.
earlier() {
  found=$(printenv "$1") || found=$(sed -n "s/^$1=//p" .env 2>/dev/null | tr -d '\r' | tail -n 1 |
    sed -e "s/^\([\"']\)\(.*\)\1[[:space:]]*\(#.*\)\{0,1\}$/\2/" -e t -e 's/[[:space:]]\{1,\}#.*$//')
  echo "${found:-$(random)}"
}

keep SECRET "$(earlier SECRET)"
keep OPERATOR_TOKEN "$(earlier OPERATOR_TOKEN)"
keep OWNER_PASSWORD "$(earlier POSTGRES_PASSWORD)"
keep APP_PASSWORD "$(random)"
parameters="sslmode=verify-full&sslrootcert=/run/secrets/CA"
keep OWNER_DATABASE_URL "postgres://rollcall:$(value OWNER_PASSWORD)@postgres:5432/rollcall?$parameters"
keep DATABASE_URL "postgres://rollcall_app:$(value APP_PASSWORD)@postgres:5432/rollcall?$parameters"
redis_password=$(random)
keep REDIS_URL "rediss://rollcall:$redis_password@redis:6379"
keep REDIS_USERS "$(sed "s/PASSWORD/$(sed 's|.*rollcall:\(.*\)@.*|\1|' "$secrets/REDIS_URL")/" deploy/redis/users.acl)
"

# An authority for these certificates alone: it can't certify other names, as a browser trusts it.
# 3650 days are longer than an installation lives.
if [ ! -s "$secrets/CA" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=Rollcall's compose.yaml" \
    -addext keyUsage=critical,keyCertSign \
    -addext 'nameConstraints=critical,permitted;DNS:localhost,permitted;DNS:postgres,permitted;DNS:redis' -keyout "$secrets/CA.key" -out "$secrets/CA"
  readable "$secrets/CA"
fi
# certificate NAME CERTIFICATE KEY
certificate() {
  [ -s "$2" ] && return
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$3" -out "$2.request"
  printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' "$1" >"$2.extensions"
  openssl x509 -req -in "$2.request" -CA "$secrets/CA" -CAkey "$secrets/CA.key" -days 3650 -extfile "$2.extensions" -out "$2"
  rm "$2.request" "$2.extensions"
  readable "$2" "$3"
}
certificate postgres "$secrets/POSTGRES_CERTIFICATE" "$secrets/POSTGRES_KEY"
certificate redis "$secrets/REDIS_CERTIFICATE" "$secrets/REDIS_KEY"
certificate localhost "$tls/fullchain.pem" "$tls/privkey.pem"
