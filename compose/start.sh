#!/usr/bin/env bash
# Builds and starts the deployment, waits until every service is healthy, and says where it answers.
# COMPOSE_FILE and COMPOSE_PROJECT_NAME mean what they mean to compose; for production:
#   COMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml ./start.sh
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

patience=300 # seconds until every service must be healthy

if docker compose version &> /dev/null; then
    command=(docker compose)
elif [[ "$(docker-compose version --short 2> /dev/null)" == [!1]* ]]; then
    command=(docker-compose)
else
    echo "start.sh needs Docker with compose 2 or later, and finds neither 'docker compose' nor 'docker-compose'." >&2
    exit 1
fi
compose() { "${command[@]}" --env-file docker.env "$@"; }

# Who holds a port of this host: a container by its name, a program by its name and number.
holder() {
    docker ps --filter "publish=$1" --format 'Port '"$1"' is held by the container {{.Names}}.'
    { ss --listening --tcp --numeric --processes --no-header "sport = :$1" \
        || lsof -nP -sTCP:LISTEN -iTCP:"$1"; } 2> /dev/null | grep -v docker-proxy | sed "s/^/Port $1 is held by: /"
}

# What is known about every container that did not come up; one that was only created waits for another, or for a port.
explain() {
    local container state port
    for container in $(compose ps --all --quiet); do
        port=$(docker inspect --format '{{.State.Error}}' "$container" \
            | sed -nE 's/.*:([0-9]+)(\/tcp)?( failed: port is already allocated|: bind: address already in use).*/\1/p')
        if [[ -n "$port" ]]; then holder "$port" || true; fi
        state=$(docker inspect --format '{{.State.Status}}{{with .State.Health}}, {{.Status}}{{end}}' "$container")
        case $state in "running, healthy" | running | created*) continue ;; esac
        docker inspect --format "{{slice .Name 1}} is $state. Its health check and its log say at last:" "$container"
        docker inspect --format '{{with .State.Health}}{{range .Log}}{{.Output}}{{end}}{{end}}' "$container" | tail -n 3
        docker logs --tail 20 "$container" 2>&1
    done
}

# Where a service's port is published; an address that means "all" becomes one that can be opened.
address() { compose port "$1" "$2" | sed -e 's/^0\.0\.0\.0:/127.0.0.1:/' -e 's/^\[::\]:/[::1]:/'; }

if [[ ! -e docker.env ]]; then
    (umask 077 && cp docker.env.example docker.env)
    echo "docker.env is new, a copy of docker.env.example. Set these in it, then run start.sh again:" >&2
    sed -n 's/^\([A-Z_]*\)=$/  \1/p' docker.env >&2
    exit 1
fi

# Two starts at once would make the same containers: the second waits for the first.
if command -v flock > /dev/null; then
    exec 9< start.sh
    flock 9
fi

compose config --quiet || exit 1 # names a setting that is missing, before anything is built
if ! compose up --build --detach --wait --wait-timeout "$patience"; then
    explain >&2
    printf '\nNot every service came up. What did come up still runs; stop.sh stops it.\n' >&2
    exit 1
fi

compose ps
echo
echo "Page:              http://$(address frontend 8090)"
echo "API:               http://$(address backend 7860)"
echo "API documentation: http://$(address backend 7860)/docs"
