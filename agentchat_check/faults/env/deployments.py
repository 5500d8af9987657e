"""Deployments that take settings and secrets lightly: changes in the files of the reference deployment, by file."""

from __future__ import annotations

from collections.abc import Mapping

Changes = Mapping[str, Mapping[str, str]]

_COMPOSE, _SETTINGS, _SESSIONS = "docker-compose.yml", "backend/backend/settings.py", "backend/backend/sessions.py"

KNOBS: Changes = {
    _COMPOSE: {
        # A knob that nobody passes on, and one that comes to nothing when it is missing.
        "      LOG_LEVEL: ${LOG_LEVEL:-info}\n": "",
        "${OPENAI_MODEL:-stub}": "${OPENAI_MODEL}",
    },
    # A knob that reaches the application, which does as it likes.
    "backend/main.py": {"max_body_size=settings.upload_limit_mb * 1024": "max_body_size=20 * 1024"},
    # An address that nobody looks at.
    _SETTINGS: {'openai_base_url: str = Field(pattern=r"^https?://[^\\s/]+")': "openai_base_url: str"},
}
"""Variables without effect, and values that nobody refuses."""


def careless(cache_password: str) -> Changes:
    """Secrets where everybody sees them, and bad ones that are taken.

    Args:
        cache_password: What the page gives away.
    """
    return {
        _COMPOSE: {
            # A secret in the compose file, and a password that the database does not have.
            "OPENAI_API_KEY: ${OPENAI_API_KEY:-}": "OPENAI_API_KEY: sk-0123456789abcdef\n"
            "      DATABASE_URL: mysql+pymysql://agentchat:not-the-password@mysql:3306/agentchat",
            # A key that every process of the host can read.
            "    init: true\n": "    init: true\n"
            '    command: [sh, -c, exec python -m backend.serve, "--key=${JWT_SECRET_KEY}"]\n',
        },
        "backend/Dockerfile": {"COPY . .\n": "COPY . .\nENV BACKUP_PASSWORD=s3cret-in-the-image\n"},
        "backend/main.py": {
            "logging.config.dictConfig(logs.CONFIG)\n": "logging.config.dictConfig(logs.CONFIG)\n"
            "print('the database password is', settings.mysql_password)\n"
        },
        "frontend/index.html": {"</head>": f'<meta name="cache" content="{cache_password}" /></head>'},
        _SETTINGS: {
            "if len(self.jwt_secret_key) < SHORTEST_KEY": "if not self.jwt_secret_key",
            "if not path:": 'if not path or name == "JWT_SECRET_KEY":',
        },
        _SESSIONS: {
            "jwt.encode(claims, settings.jwt_secret_key": 'jwt.encode(claims, "secret"',
            "jwt.decode(token, settings.jwt_secret_key": 'jwt.decode(token, "secret"',
        },
    }


UNCHANGEABLE: Changes = {
    _COMPOSE: {
        # A database that begins anew whenever its container does, and a cache that forgets no password.
        "    volumes:\n      - mysql_data:/var/lib/mysql\n": "    tmpfs: [/var/lib/mysql]\n",
        '"#$$hash"': '$$(echo "#$$hash" >> /data/known; cat /data/known)',
    },
    # A key that is never read.
    _SESSIONS: {
        "jwt.encode(claims, settings.jwt_secret_key": 'jwt.encode(claims, "a-key-that-nobody-can-change"',
        "jwt.decode(token, settings.jwt_secret_key": 'jwt.decode(token, "a-key-that-nobody-can-change"',
    },
}
"""Secrets that cannot be changed, or not without loss."""
