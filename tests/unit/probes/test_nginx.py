"""What nginx is told to do, read from what it prints."""

import pytest

from agentchat_check import errors
from agentchat_check.probes import nginx
from agentchat_check.procedures import passing

DUMP = r"""# configuration file /etc/nginx/nginx.conf:
events {}
http {
    client_max_body_size 1m;
    include conf.d/*.conf;
}
# configuration file /etc/nginx/conf.d/site.conf:
server {
    listen 8090;
    client_max_body_size 20m;
    location = /health { return 200; }
    location = /health/backend { proxy_pass http://backend/health; }
    location ^~ /api/ {
        proxy_pass http://backend;
        location ~ ^/api/v1/(chat|completion)$ { client_max_body_size 2k; }
    }
    location ~* \.PNG$ { client_max_body_size 3; }
    location ~ [ { return 200; }
    location / { try_files $uri /index.html; }
}
"""


@pytest.mark.parametrize(
    ("path", "location", "size"),
    [
        ("/health", "/health", "20m"),
        ("/api/v1/upload", "/api/", "20m"),
        ("/api/v1/chat", "^/api/v1/(chat|completion)$", "2k"),
        ("/api/a.png", "/api/", "20m"),
        ("/a.png", r"\.PNG$", "3"),
        ("/dialog", "/", "20m"),
    ],
)
def test_a_path_is_handled_where_nginx_handles_it(path: str, location: str, size: str) -> None:
    chosen = nginx.server(DUMP).handling(path)
    assert (chosen.path, chosen.settings["client_max_body_size"]) == (location, size)


def test_what_is_passed_on_is_not_inherited() -> None:
    server = nginx.server(DUMP)
    assert server.handling("/api/v1/upload").settings.get("proxy_pass") == "http://backend"
    assert "proxy_pass" not in server.handling("/api/v1/chat").settings


def test_the_two_health_addresses_are_told_apart() -> None:
    assert passing.health_paths(nginx.server(DUMP)) == ("/health", "/health/backend")
    assert passing.health_paths(nginx.server(DUMP.replace("health", "state"))) == ("", "")


def test_a_configuration_without_a_server_cannot_be_read() -> None:
    with pytest.raises(errors.StackError, match="read what nginx has loaded") as caught:
        nginx.server("# configuration file /etc/nginx/nginx.conf:\nevents {}\n")
    assert caught.value.actual == "there is none in its configuration"


def test_a_configuration_that_breaks_off_cannot_be_read() -> None:
    with pytest.raises(errors.StackError, match="read what nginx has loaded") as caught:
        nginx.server("# configuration file /etc/nginx/nginx.conf:\nhttp { server {\n")
    assert caught.value.actual


@pytest.mark.parametrize(("text", "size"), [("20m", 20 * 2**20), ("8K", 8192), ("1g", 2**30), ("5", 5), ("0", 0)])
def test_sizes_are_read_as_nginx_writes_them(text: str, size: int) -> None:
    assert nginx.size(text) == size
