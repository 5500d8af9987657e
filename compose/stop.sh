#!/usr/bin/env bash
# Stops the deployment. Its data stay, unless the question is answered with y.
# COMPOSE_FILE and COMPOSE_PROJECT_NAME mean what they mean to compose.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

if docker compose version &> /dev/null; then
    command=(docker compose)
elif [[ "$(docker-compose version --short 2> /dev/null)" == [!1]* ]]; then
    command=(docker-compose)
else
    echo "stop.sh needs Docker with compose 2 or later, and finds neither 'docker compose' nor 'docker-compose'." >&2
    exit 1
fi
# Stopping needs no secrets, but the compose file asks for them; and docker.env may be gone.
export MYSQL_ROOT_PASSWORD=unused MYSQL_PASSWORD=unused REDIS_PASSWORD=unused JWT_SECRET_KEY=unused
[[ -e docker.env ]] && command+=(--env-file docker.env)

"${command[@]}" down

read -r -p "Delete all data of this deployment too: users, dialogs, uploads? [y/N] " answer || echo
if [[ "${answer:-}" == [yY] ]]; then
    "${command[@]}" down --volumes
    echo "The data are deleted."
else
    echo "The data stay; start.sh brings them back."
fi
