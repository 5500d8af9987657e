#!/bin/bash
# First start: make the data directory, the accounts and the database, then run the server.
# The data directory appears whole or not at all, so a start that was cut short simply begins again.
set -euo pipefail

data=/var/lib/mysql
initdb=/docker-entrypoint-initdb.d

die() { echo "docker-entrypoint: $1" >&2; exit 1; }

# A value from NAME, or from the file that NAME_FILE names (Docker Secrets).
setting() {
    local file="${1}_FILE"
    [[ -n "${!1:-}" && -n "${!file:-}" ]] && die "$1 and $file are both set; keep one of them"
    if [[ -n "${!file:-}" ]]; then printf '%s' "$(< "${!file}")"; else printf '%s' "${!1:-}"; fi
}

# A string literal; the statements run before any sql_mode could change the meaning of a backslash.
quoted() { local text=${1//\\/\\\\}; printf "'%s'" "${text//\'/\'\'}"; }
named() { printf '`%s`' "${1//\`/\`\`}"; }

accounts() {
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$root_password");"
    echo "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$root_password");"
    echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    [[ -z "$database" ]] || echo "CREATE DATABASE $(named "$database");"
    [[ -z "$user" ]] || echo "CREATE USER $(quoted "$user")@'%' IDENTIFIED BY $(quoted "$password");"
    [[ -z "$user" || -z "$database" ]] || echo "GRANT ALL ON $(named "$database").* TO $(quoted "$user")@'%';"
}

# The administrator's own scripts need a server: a private one, without network.
run_scripts() {
    local directory=$1 socket=/run/mysqld/first-start.sock file
    mysqld --datadir="$directory" --skip-networking --socket="$socket" --mysqlx=OFF &
    local server=$!
    local client=(mysql --socket="$socket" --user=root ${database:+--database="$database"})
    export MYSQL_PWD=$root_password
    until "${client[@]}" --execute="SELECT 1" > /dev/null 2>&1; do
        kill -0 "$server" 2> /dev/null || die "the server for $initdb did not start"
        sleep 0.1
    done
    for file in "$initdb"/*; do
        echo "docker-entrypoint: running $file"
        case $file in
            *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
            *.sql) "${client[@]}" < "$file" ;;
            *.sql.gz) gzip -dc "$file" | "${client[@]}" ;;
            *) echo "docker-entrypoint: ignoring $file" ;;
        esac
    done
    unset MYSQL_PWD
    kill "$server"
    wait "$server"
}

first_start() {
    root_password=$(setting MYSQL_ROOT_PASSWORD)
    database=$(setting MYSQL_DATABASE)
    user=$(setting MYSQL_USER)
    password=$(setting MYSQL_PASSWORD)
    [[ -n "$root_password" || -n "${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ]] || die "set MYSQL_ROOT_PASSWORD"

    local half="$data/first-start" sql
    rm -rf "$half"
    sql=$(mktemp)
    accounts > "$sql"
    chown mysql "$sql"
    mysqld --initialize-insecure --datadir="$half" --init-file="$sql"
    rm "$sql"
    compgen -G "$initdb/*" > /dev/null && run_scripts "$half"
    find "$half" -mindepth 1 -maxdepth 1 ! -name mysql -exec mv -t "$data" {} +
    mv "$half/mysql" "$data/"
    rmdir "$half"
}

[[ "${1:-}" == -* ]] && set -- mysqld "$@"
if [[ "${1:-}" == mysqld && ! -d "$data/mysql" ]]; then
    chown mysql: "$data"
    first_start
fi
exec "$@"
