#!/bin/bash
# Runs the server as its own user, its data in /data, reachable from the other containers.
set -euo pipefail
[[ "${1:-}" == -* || "${1:-}" == *.conf ]] && set -- redis-server "$@"
if [[ "${1:-}" == redis-server && "$(id -u)" == 0 ]]; then
    find . \! -user redis -exec chown redis: {} +
    exec setpriv --reuid=redis --regid=redis --clear-groups "$@" --protected-mode no
fi
exec "$@"
