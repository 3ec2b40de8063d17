#!/bin/sh
# Starts Postgres after making what is missing: the data folder, and for each file in $ROLES_DIR (its name is a service's,
# its text the password) a role and a database of that name. Needs only a shell, initdb and postgres.
set -eu
: "${PGDATA:?}" "${ROLES_DIR:?}" "${CONFIG_DIR:?}"

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

# One command a line, with no server running yet: nobody can connect before everything is there. The statement is not logged
# on an error, for it may hold a password.
sql() {
  postgres --single -D "$PGDATA" -c config_file="$CONFIG_DIR/postgresql.conf" \
    -c exit_on_error=on -c log_min_error_statement=panic -c log_checkpoints=off postgres
}

# Single-user mode prints a row as ` 1:  = "role:orders" (typeid = 25, ...)`.
existing=$(echo "SELECT 'role:' || rolname FROM pg_roles UNION ALL SELECT 'database:' || datname FROM pg_database" | sql)
has() { printf '%s\n' "$existing" | grep -qF "\"$1\""; }

for file in "$ROLES_DIR"/*; do
  name=${file##*/}
  has "role:$name" || echo "CREATE ROLE \"$name\" LOGIN"
  echo "ALTER ROLE \"$name\" PASSWORD '$(cat "$file")'"
  has "database:$name" || echo "CREATE DATABASE \"$name\" OWNER \"$name\""
  echo "REVOKE ALL ON DATABASE \"$name\" FROM PUBLIC"
done | sql >/dev/null

exec postgres -D "$PGDATA" -c config_file="$CONFIG_DIR/postgresql.conf" -c hba_file="$CONFIG_DIR/pg_hba.conf" "$@"
