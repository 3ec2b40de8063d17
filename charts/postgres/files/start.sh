#!/bin/sh
# cspell:ignore datdba hostssl userbyid
# Starts Postgres after making what is missing: the data folder, and for each service a database and two roles. The role
# of the service's name may read and write rows; <service>-migrator owns the database and changes its schema. The role
# `monitoring` reads the server's statistics and no rows. A file in $ROLES_DIR has the name of a role and its password,
# $CONFIG_DIR/connections a line `role limit` for each role, $TLS_DIR the server's certificate. Needs only a shell, sed, initdb and postgres.
set -eu
: "${PGDATA:?}" "${ROLES_DIR:?}" "${CONFIG_DIR:?}" "${TLS_DIR:?}"

# A killed server leaves its lock, with a process id that may now be another's. As the first process of this container we
# know that no server runs in it, and the volume is this pod's alone.
if [ $$ = 1 ]; then rm -f "$PGDATA/postmaster.pid"; fi

# A data folder appears whole or not at all. The built-in locale sorts the same whichever C library the image has.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --encoding=UTF8 --auth=reject \
    --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions
  mv "$PGDATA.new" "$PGDATA"
fi

services=
for file in "$ROLES_DIR"/*; do
  name=${file##*/}
  case $name in *-migrator | monitoring) continue ;; esac
  if [ ! -s "$file-migrator" ]; then echo "there is no password for $name-migrator: make credentials makes it" >&2; exit 1; fi
  services="$services $name"
done

# One command a line, with no server running yet: nobody can connect before everything is there. The statement is not logged
# on an error, for it may hold a password.
sql() {
  postgres --single -D "$PGDATA" -c config_file="$CONFIG_DIR/postgresql.conf" \
    -c exit_on_error=on -c log_min_error_statement=panic -c log_checkpoints=off "$1"
}

# Single-user mode prints a row as ` 1:  = "role:orders" (typeid = 25, ...)`.
existing=$(sql postgres <<END
SELECT 'role:' || rolname FROM pg_roles UNION ALL SELECT 'database:' || datname || ':' || pg_get_userbyid(datdba) FROM pg_database
END
)
has() { printf '%s\n' "$existing" | grep -qF "\"$1"; }

# The statements for one role.
role() {
  has "role:$1\"" || echo "CREATE ROLE \"$1\" LOGIN"
  limit=$(sed -n "s/^$1 //p" "$CONFIG_DIR/connections")
  echo "ALTER ROLE \"$1\" ${limit:+CONNECTION LIMIT $limit} PASSWORD '$(cat "$ROLES_DIR/$1")'"
}

if [ -s "$ROLES_DIR/monitoring" ]; then
  { role monitoring; echo 'GRANT pg_monitor TO monitoring'; } | sql postgres >/dev/null
fi

for name in $services; do
  for role in "$name" "$name-migrator"; do role "$role"; done
  has "database:$name:" || echo "CREATE DATABASE \"$name\" OWNER \"$name-migrator\""
  echo "REVOKE ALL ON DATABASE \"$name\" FROM PUBLIC"
  echo "GRANT CONNECT ON DATABASE \"$name\" TO \"$name\""
done | sql postgres >/dev/null

# In an earlier release the service owned its database. The migrator, which owns it now, lets the service in again.
for name in $services; do
  has "database:$name:$name\"" || continue
  printf '%s\n' "REASSIGN OWNED BY \"$name\" TO \"$name-migrator\"" "GRANT CONNECT ON DATABASE \"$name\" TO \"$name\"" |
    sql "$name" >/dev/null
done

# Each role reaches its own database, over TLS and with its password; the superuser and monitoring only from inside the
# pod.
{
  echo 'local all postgres peer'
  echo 'local postgres monitoring scram-sha-256'
  for name in $services; do echo "hostssl \"$name\" \"$name\",\"$name-migrator\" all scram-sha-256"; done
} >"$PGDATA/pg_hba.windlass.conf"

# A renewed certificate is loaded some minutes after it was mounted: its authority must have reached all clients by then.
loaded=$(cat "$TLS_DIR/tls.crt")
while sleep "${CERTIFICATE_PERIOD:-60}" && kill -0 $$; do
  [ "$(cat "$TLS_DIR/tls.crt")" = "$loaded" ] && continue
  sleep "${CERTIFICATE_DELAY:-180}"
  loaded=$(cat "$TLS_DIR/tls.crt")
  kill -HUP $$
done 2>/dev/null &

exec postgres -D "$PGDATA" -c config_file="$CONFIG_DIR/postgresql.conf" -c hba_file="$PGDATA/pg_hba.windlass.conf" \
  -c ssl_cert_file="$TLS_DIR/tls.crt" -c ssl_key_file="$TLS_DIR/tls.key" "$@"
