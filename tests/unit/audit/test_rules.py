"""What rules say, and above all where they are silent: a false alarm is a defect."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentchat_check.audit.judging import Audit

Hits = Callable[..., list[str]]


def service(text: str, rest: str = "") -> str:
    """A compose file with the service ``web``."""
    return f"services:\n  web: {{image: 'shop/web:1', {text}}}\n{rest}"


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("[CMD, 'true']", "web: it always succeeds"),
        ("exit 0", "web: it always succeeds"),
        ("curl -f http://localhost/ || true", "web: whatever fails, it succeeds"),
        ("curl http://localhost/", "web: curl without --fail succeeds with every answer, a 500 too"),
        ("curl -sS http://localhost/", "web: curl without --fail succeeds with every answer, a 500 too"),
        ("pgrep nginx", "web: it only sees that a process exists, not that it answers"),
        ("[CMD, mysqladmin, ping, -h, localhost]", "web: mysqladmin ping succeeds with a wrong password, and during"),
        ("[CMD, redis-cli, ping]", "web: redis-cli exits with 0 whatever Redis answers, an error too"),
    ],
)
def test_a_check_that_proves_nothing_is_told_why(test: str, says: str, hits: Hits) -> None:
    (said,) = hits("health-check-proves-nothing", service(f"healthcheck: {{test: {test}}}"))
    assert said.startswith(says)


@pytest.mark.parametrize(
    "test",
    [
        "curl -f http://localhost/",
        "curl -fsS http://localhost/ || exit 1",
        "[CMD, curl, --fail, 'http://localhost/']",
        "curl -s http://localhost/ | grep -q ok",
        "redis-cli ping | grep PONG",
        'test "$$(redis-cli ping)" = PONG',
        "wget -qO- http://localhost/",
        "[NONE]",
    ],
)
def test_a_check_that_can_fail_is_left_alone(test: str, hits: Hits) -> None:
    quoted = test if test.startswith("[") else f"'{test}'"
    assert hits("health-check-proves-nothing", service(f"healthcheck: {{test: {quoted}}}")) == []


def test_what_ends_its_work_needs_no_health_and_no_restart(hits: Hits) -> None:
    compose = (
        "services:\n  migrate: {image: 'redis:7'}\n  web: {image: 'redis:7', depends_on: "
        "{migrate: {condition: service_completed_successfully}}}\n"
    )
    assert hits("no-health-check", compose) == ["web: it has no health check"]
    assert hits("no-restart-policy", compose) == ["web: nothing starts it again when it or the host fails"]


@pytest.mark.parametrize(
    "environment",
    [
        "{ALLOWED_ORIGINS: 'http://localhost:3000'}",
        "{PUBLIC_URL: 'http://localhost:9'}",
        "{SELF: 'http://localhost:8080'}",
        "{NOTE: 'see localhost'}",
        "{BIND_HOST: 127.0.0.1}",
    ],
)
def test_localhost_that_is_meant_is_left_alone(environment: str, hits: Hits) -> None:
    compose = service(f"ports: ['127.0.0.1:80:8080'], environment: {environment}")
    assert hits("localhost-in-container", compose) == []


def test_localhost_in_files_counts_where_the_port_is_another_services(hits: Hits) -> None:
    compose = service("volumes: ['./a.conf:/a.conf:ro']", "  redis: {image: 'redis:7'}\n")
    told = (
        "cache redis://localhost:6379\n# redis://127.0.0.1:6379\nother http://localhost:9200\nserver_name localhost;\n"
    )
    assert hits("localhost-in-container", compose, a_DOT_conf=told) == [
        "web: it is told of localhost:6379, which is itself"
    ]


_BUILT = "build: {context: ., dockerfile: Dockerfile}, environment: {REDIS_URL: 'redis://redis:6379/0'}"
_REDIS = "  redis: {image: 'redis:7'}\n"
_CONFIGURED = "redis:\n  endpoint: redis://localhost:6379\n"
_ITSELF = ["web: it is told of localhost:6379, which is itself"]


def test_a_configuration_among_the_copied_sources_counts(hits: Hits) -> None:
    texts = {"Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY src/ .\n", "src__app__config_DOT_yaml": _CONFIGURED}
    assert hits("localhost-in-container", service(_BUILT, _REDIS), **texts) == _ITSELF
    texts["src__app__notes_DOT_yaml"] = _CONFIGURED
    assert hits("localhost-in-container", service(_BUILT, _REDIS), **texts) == _ITSELF


@pytest.mark.parametrize(
    ("put", "compose"),
    [
        ("COPY deploy/redis.yaml /app/app/config.yaml", _BUILT),
        ("COPY deploy/redis.yaml app/config.yaml", _BUILT),
        ("", f"{_BUILT}, volumes: ['./deploy/redis.yaml:/app/app/config.yaml:ro']"),
        ("", f"{_BUILT}, volumes: ['./deploy:/app/app:ro']"),
    ],
)
def test_one_that_another_takes_the_place_of_does_not(put: str, compose: str, hits: Hits) -> None:
    texts = {
        "Dockerfile": f"FROM python:3.12\nWORKDIR /app\nCOPY src/ .\n{put}\n",
        "src__app__config_DOT_yaml": _CONFIGURED,
        "deploy__redis_DOT_yaml": _CONFIGURED.replace("localhost", "redis"),
    }
    assert hits("localhost-in-container", service(compose, _REDIS), **texts) == []


def test_one_that_is_copied_into_the_directory_of_the_application_takes_the_place_there(hits: Hits) -> None:
    texts = {
        "Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY src/ .\nCOPY deploy/config.yaml /app\n",
        "src__config_DOT_yaml": _CONFIGURED,
        "deploy__config_DOT_yaml": _CONFIGURED.replace("localhost", "redis"),
    }
    assert hits("localhost-in-container", service(_BUILT, _REDIS), **texts) == []


@pytest.mark.parametrize(("source", "expected"), [("os.environ['REDIS_URL']", []), ("os.environ['REDIS']", _ITSELF)])
def test_a_variable_goes_before_a_file_where_the_application_reads_it(
    source: str, expected: list[str], hits: Hits
) -> None:
    texts = {
        "Dockerfile": "FROM python:3.12\nCOPY src/ /app\n",
        "src__config_DOT_yaml": _CONFIGURED,
        "src__main_DOT_py": source,
    }
    assert hits("localhost-in-container", service(_BUILT, _REDIS), **texts) == expected


@pytest.mark.parametrize("ignored", ["src/config.yaml", "**/config.yaml"])
def test_a_file_that_reaches_no_build_configures_nothing(ignored: str, hits: Hits) -> None:
    texts = {"Dockerfile": "FROM python:3.12\nCOPY . /app\n", "src__config_DOT_yaml": _CONFIGURED}
    assert hits("localhost-in-container", service(_BUILT, _REDIS), **texts) == _ITSELF
    assert hits("localhost-in-container", service(_BUILT, _REDIS), **texts, _DOT_dockerignore=ignored) == []


def test_hosts_are_found_in_addresses_and_by_name_only(hits: Hits) -> None:
    environment = "{A: 'http://db:80/x', DB_HOST: cache, B: db, C: 'mydb:80', D: 'http://x.db/'}"
    others = "  db: {image: 'b:1'}\n  cache: {image: 'b:1'}\n"
    assert hits("missing-dependency", service(f"environment: {environment}", others)) == [
        "web: it is told of cache, and does not wait for it",
        "web: it is told of db, and does not wait for it",
    ]


def test_two_that_name_each_other_cannot_both_wait(hits: Hits) -> None:
    others = "  db: {image: 'b:1', environment: {A: 'http://web:80'}}\n"
    compose = service("depends_on: [db], environment: {A: 'http://db:80'}", others)
    assert hits("missing-dependency", compose) == []


@pytest.mark.parametrize(
    ("port", "open_to_all"),
    [
        ("'80:80'", True),
        ("'80'", True),
        ("'0.0.0.0:80:80'", True),
        ("'[::]:80:80/tcp'", True),
        ("{target: 80, published: '80'}", True),
        ("'127.0.0.1:80:80'", False),
        ("'[::1]:80:80'", False),
        ("{target: 80, published: '80', host_ip: 10.0.0.1}", False),
    ],
)
def test_a_port_is_open_to_all_unless_it_has_an_address(port: str, open_to_all: bool, hits: Hits) -> None:
    assert bool(hits("published-on-all-interfaces", service(f"ports: [{port}]"))) is open_to_all


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ("nginx", ["web: its image nginx has no tag"]),
        ("registry:5000/nginx", ["web: its image registry:5000/nginx has no tag"]),
        ("nginx:latest", ["web: its image nginx:latest is tagged latest"]),
        ("nginx:alpine", ["web: its image nginx:alpine has a tag without a version"]),
        ("mysql:8.0", []),
        ("minio/minio:RELEASE.2023-03-20T20-16-18Z", []),
        ("nginx@sha256:" + "0" * 64, []),
        ("shop/web:3f2a9bc", []),
    ],
)
def test_an_image_is_pinned_by_a_version(image: str, says: list[str], hits: Hits) -> None:
    assert hits("unpinned-image", f"services: {{web: {{image: '{image}'}}}}") == says


@pytest.mark.parametrize(
    ("variable", "known"),
    [
        ("MYSQL_PASSWORD: 123456", True),
        ("JWT_SECRET_KEY: your-super-secret-key", True),
        ("URL: 'mysql://root:password@db/x'", True),
        ("OPENAI_API_KEY: sk-your-key-here", False),
        ("MYSQL_PASSWORD: 8f1c2ab7e0", False),
        ("VNC_NO_PASSWORD: '1'", False),
        ("PASSWORD_FILE: /run/secrets/password", False),
        ("MYSQL_DATABASE: agentchat", False),
    ],
)
def test_a_secret_that_everybody_knows_is_found_and_not_shown(variable: str, known: bool, hits: Hits) -> None:
    said = hits("default-secret", service(f"environment: {{{variable}}}"))
    assert said == ([f"web: {variable.partition(':')[0]} holds a value that everybody knows"] if known else [])


def test_a_password_in_a_command_stands_in_the_compose_file(hits: Hits) -> None:
    compose = service("command: redis-server --requirepass 8f1c2ab7e0")
    assert hits("secret-in-compose-file", compose) == ["web: a password stands in its command"]
    assert hits("secret-in-compose-file", service("command: 'redis-server --requirepass ${P:?}'")) == []


def test_masked_and_commented_keys_in_files_are_no_secrets(hits: Hits) -> None:
    text = (
        "api_key: 'sk-fc40dd0604f0414******'\n# password: abc\ntoken_url: http://a\nsecret: ${SECRET}\npassword: null\n"
    )
    assert hits("secret-in-file", service("init: true"), conf__a_DOT_yaml=text) == []
    key = "-----BEGIN RSA " + "PRIVATE KEY-----\n"
    assert hits("secret-in-file", service("init: true"), a_DOT_pem=key) == ["a key stands in a.pem"]


def test_a_secret_that_is_copied_into_an_image_from_elsewhere_is_found_once(hits: Hits, tmp_path: Path) -> None:
    sources = tmp_path.parent / f"{tmp_path.name}-sources"
    sources.mkdir()
    sources.joinpath("config.yaml").write_text("mysql: mysql+pymysql://root:8f1c2ab7e0@mysql:3306/agentchat\n")
    compose = service(f"build: {{context: ../{sources.name}, dockerfile: ../{tmp_path.name}/Dockerfile}}")
    compose += f"  again: {compose.partition('web: ')[2]}"
    assert hits("secret-in-file", compose, Dockerfile="FROM python:3.12\nCOPY . /app\n") == [
        f"a password in an address stands in ../{sources.name}/config.yaml"
    ]


@pytest.mark.parametrize(
    ("dockerfile", "says"),
    [
        ("FROM python:3.13-slim\n", ["web: its health check calls curl, which its image does not hold"]),
        ("FROM node:18-alpine\n", ["web: its health check calls curl, which its image does not hold"]),
        ("FROM python:3.13-slim\nRUN apt-get update && apt-get install -y curl\n", []),
        ("FROM node:20-alpine AS base\nRUN apk add --no-cache curl\nFROM base\n", []),
        ("FROM python:3.13\n", []),
        ("FROM nginx:1.28-alpine\n", []),
        ("FROM nginx:1.28-alpine-slim\n", ["web: its health check calls curl, which its image does not hold"]),
        ("FROM python:3.13-slim\nCOPY curl /usr/bin/\n", []),
    ],
)
def test_a_program_that_no_image_of_its_kind_holds_is_missed(dockerfile: str, says: list[str], hits: Hits) -> None:
    compose = "services: {web: {build: ., healthcheck: {test: [CMD, curl, -f, 'http://localhost/']}}}"
    assert hits("health-check-calls-missing-program", compose, Dockerfile=dockerfile) == says


def test_a_projects_own_environment_is_not_on_the_path(hits: Hits) -> None:
    dockerfile = 'FROM python:3.12-slim\nCOPY uv.lock .\nRUN uv sync --frozen\n{}CMD ["uvicorn", "main:app"]\n'
    lock = '[[package]]\nname = "uvicorn"\n'
    compose, rule = "services: {web: {build: .}}", "command-not-in-image"
    said = hits(rule, compose, Dockerfile=dockerfile.format(""), uv_DOT_lock=lock)
    assert said == ["web: its command uvicorn is not on its image's PATH"]
    mended = dockerfile.format("ENV PATH=/app/.venv/bin:$PATH\n")
    assert hits(rule, compose, Dockerfile=mended, uv_DOT_lock=lock) == []


def test_sources_of_a_copy_are_looked_for_as_docker_does(hits: Hits) -> None:
    dockerfile = (
        "FROM debian:13 AS one\nCOPY --from=one /gone /x\nCOPY a*.txt b/ /x/\nCOPY gone.txt ../out.txt $ANY ./\n"
        "COPY <<END /x\nCOPY not.txt here\nEND\nADD https://example.org/a /a\n"
    )
    said = hits(
        "copy-of-missing-file",
        "services: {web: {build: .}}",
        Dockerfile=dockerfile,
        a1_DOT_txt="",
        b__kept_DOT_txt="",
        b__left_DOT_md="",
        _DOT_dockerignore="**/*.md\n!a1.txt\n",
    )
    assert said == [
        "web: COPY takes ../out.txt, which lies outside the build context",
        "web: COPY takes gone.txt, which does not exist in the build context",
    ]


def test_a_script_may_look_for_a_program_before_it_calls_it(hits: Hits) -> None:
    script = "#!/bin/sh\nif command -v nope1 >/dev/null; then nope1; fi\nnope2 || true\n./gone.sh\nf() { :; }\nf\n"
    assert "start.sh calls ./gone.sh, which does not exist" in hits(
        "script-calls-missing-program", service("init: true"), start_DOT_sh=script
    )
    said = " ".join(hits("script-calls-missing-program", service("init: true"), start_DOT_sh=script))
    assert "nope" not in said


def test_documents_may_name_what_their_reader_makes(hits: Hits) -> None:
    text = (
        "[here](compose.yml) [there](https://example.org/a.yml) [part](#part) `conf/gone.yaml`\n\n"
        "```bash\ncp docker.env.example docker.env\nmysqldump > backup.sql\n./gone.sh # not this.sh\n```\n\n"
        "```yaml\nvolumes: [./x.conf]\n```\n"
    )
    assert hits("document-names-missing-file", service("init: true"), README_DOT_md=text) == [
        "README.md names conf/gone.yaml, which does not exist",
        "README.md names docker.env.example, which does not exist",
        "README.md names ./gone.sh, which does not exist",
    ]


def test_settings_that_are_too_long_to_be_read_are_told_and_lock_files_are_none(judged: Callable[..., Audit]) -> None:
    long = "a: b\n" * 100_000
    audit = judged(service("init: true"), large_DOT_yaml=long, pnpm_lock_DOT_yaml=long)
    assert [(rule.id, unseen.subject) for rule, unseen in audit.unseen() if rule.id == "secret-in-file"] == [
        ("secret-in-file", "large.yaml")
    ]
