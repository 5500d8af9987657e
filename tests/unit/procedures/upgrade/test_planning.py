"""What an upgrade would change is said, and what stands in its way is named with a next step."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from agentchat_check import facts
from agentchat_check.facts import Hindrance
from agentchat_check.procedures.upgrade import data_places, planning
from releases_of import SERVICES, configuration, described

NEW = configuration(backend={"image": "chat:2.5"}, frontend={"image": "page:2.5"})
NOWHERE = "nothing is mounted there any more: what is written would be lost with the container"
VOLUME = {"type": "volume", "source": "mysql_data", "target": "/var/lib/mysql"}


def planned(before: Any = None, after: Any = None, own: str = "") -> facts.Plan:
    """A plan, from 2.4 to 2.5 if nothing else is said; nothing of it is lost as JSON."""
    plan = planning.plan(before or described(), after or described("v2.5", NEW), own)
    assert TypeAdapter(facts.Plan).validate_python(planning.as_dict(plan)) == plan
    assert all(obstacle.next_step for obstacle in plan.obstacles)
    return plan


def in_the_way(plan: facts.Plan) -> list[tuple[Hindrance, str]]:
    """What stands in the way."""
    return [(obstacle.kind, obstacle.what) for obstacle in plan.obstacles]


def moved(**services: Any) -> list[str]:
    """What is said of data, where these services of 2.5 are otherwise."""
    plan = planned(after=described("v2.5", configuration(backend={"image": "chat:2.5"}, **services)))
    return [what for kind, what in in_the_way(plan) if kind is Hindrance.MOVED_DATA]


def test_images_that_change_are_told_and_nothing_stands_in_the_way() -> None:
    plan = planned()
    assert plan.obstacles == ()
    assert [str(one) for one in plan.services] == [
        "mysql: same; image mysql:8.0, of which only the name can be compared",
        "redis: same; image redis:7.0, of which only the name can be compared",
        "backend: changed; image chat:2.4 -> chat:2.5",
        "frontend: changed; image page:2.4 -> page:2.5",
    ]
    assert [one.what for one in plan.storage] == ["kept", "kept"]
    assert (plan.ports, plan.variables, plan.schema, plan.project) == ((), (), None, "")


def test_ids_decide_where_they_are_known() -> None:
    ran = facts.Release("v1", (facts.Image("backend", "chat:latest", "sha256:1"), facts.Image("redis", "redis:7", "2")))
    runs = facts.Release("v2", (facts.Image("backend", "chat:latest", "sha256:3"), facts.Image("redis", "kv", "2")))
    plan = planned(described(release=ran), described(release=runs))
    told = {one.service: (one.image, one.words) for one in plan.services}
    assert told["backend"] == ("changed", ("image chat:latest, with another content",))
    assert told["redis"] == ("same", ())
    assert told["mysql"] == ("unknown", ())


def test_settings_environment_and_ports_that_change_are_told_by_name() -> None:
    port = {"target": 7860, "published": "80", "protocol": "tcp"}
    new = {"environment": {"TZ": "hush", "MAX": "25"}, "ports": [port], "command": ["serve"], "image": "chat:2.4"}
    plan = planned(after=described("v2.5", configuration(backend=new)))
    (backend,) = [one for one in plan.services if one.service == "backend"]
    assert backend.what == "changed"
    assert backend.words[1:] == (
        "environment, new: MAX",
        "environment, gone: LIMIT",
        "environment, another: TZ",
        "settings: command",
    )
    assert plan.ports == ("backend 7860/tcp: 127.0.0.1:7860 -> 80",)
    assert "hush" not in str(planning.as_dict(plan))


def test_a_service_that_is_called_otherwise_keeps_its_volume() -> None:
    plan = planned(after=described("v2.5", configuration(mysql=None, database={**SERVICES["mysql"]})))
    assert "database: renamed, was mysql" in str(next(one for one in plan.services if one.service == "database"))
    assert ("database", "/var/lib/mysql", "kept") in [(one.owner, one.path, one.what) for one in plan.storage]
    assert plan.obstacles == ()


def test_a_service_without_a_role_is_known_by_its_image() -> None:
    worker = {"image": "etl:1", "volumes": [{"type": "volume", "source": "jobs", "target": "/jobs"}]}
    other = {"image": "hub/etl:2", "volumes": [{"type": "volume", "source": "work", "target": "/jobs"}]}
    before, after = described(config=configuration(worker=worker)), described("v2.5", configuration(jobs=other))
    plan = planned(before, after)
    assert in_the_way(plan) == [
        (
            Hindrance.MOVED_DATA,
            "worker would start empty: worker /jobs: moved, volume agentchat_jobs -> volume agentchat_work",
        )
    ]


def test_services_that_come_and_go_are_told() -> None:
    etl = {"image": "etl:1", "volumes": [{"type": "volume", "source": "jobs", "target": "/jobs"}]}
    plan = planned(described(config=configuration(etl=etl)), described("v2.5", configuration(minio={"image": "minio"})))
    told = [str(one) for one in plan.services if one.what in {"new", "gone"}]
    assert told == ["etl: gone; image etl:1", "minio: new; image minio"]
    assert "etl /jobs: unused, volume agentchat_jobs -> nothing" in [str(one) for one in plan.storage]
    assert plan.obstacles == ()


def test_data_in_another_volume_would_not_be_found() -> None:
    told = moved(mysql={"volumes": [{**VOLUME, "source": "db"}]})
    assert told == [
        "database would start empty: database /var/lib/mysql: moved, volume agentchat_mysql_data -> volume agentchat_db"
    ]


@pytest.mark.parametrize(
    ("mounts", "told"),
    [
        (
            [{**VOLUME, "target": "/bitnami/mysql"}],
            "moved, volume agentchat_mysql_data; it is mounted at /bitnami/mysql of mysql now",
        ),
        (
            [],
            f"moved, volume agentchat_mysql_data -> nothing; {NOWHERE}",
        ),
        (
            [{"type": "volume", "target": "/var/lib/mysql"}],
            "moved, volume agentchat_mysql_data -> a volume without a name",
        ),
        (
            [{"type": "bind", "source": "/nowhere/at/all", "target": "/var/lib/mysql"}],
            "moved, volume agentchat_mysql_data -> directory /nowhere/at/all",
        ),
        (
            [{**VOLUME, "read_only": True}],
            f"moved, volume agentchat_mysql_data -> nothing; {NOWHERE}",
        ),
    ],
)
def test_data_that_would_not_be_found_are_named(mounts: list[Any], told: str) -> None:
    assert moved(mysql={"volumes": mounts}) == [f"database would start empty: database /var/lib/mysql: {told}"]


def test_a_volume_is_known_by_what_the_engine_calls_it() -> None:
    volumes = {"store": {"name": "agentchat_mysql_data", "external": True}}
    config = configuration(mysql={"volumes": [{**VOLUME, "source": "store"}]}, volumes=volumes)
    assert planned(after=described("v2.5", config)).obstacles == ()
    elsewhere = configuration(volumes={"mysql_data": {"name": "agentchat_mysql_data", "driver_opts": {"device": "/d"}}})
    assert [kind for kind, _ in in_the_way(planned(after=described("v2.5", elsewhere)))] == [Hindrance.MOVED_DATA]


def test_another_project_would_have_other_volumes_and_that_is_told() -> None:
    config = configuration("chat")
    plan = planned(after=described("v2.5", config))
    assert plan.project.startswith("the new files name the project chat; run them as agentchat (")
    assert [one.what for one in plan.storage] == ["kept", "kept"]


@pytest.mark.parametrize(("filled", "what"), [(None, "kept"), (False, "kept"), (True, "moved")])
def test_directories_beside_the_compose_files_go_where_those_go_if_nothing_is_in_them(
    tmp_path: Path, filled: bool | None, what: str
) -> None:
    places = [
        facts.DataPlace("objects", "minio", "/data", "bind", str(tmp_path / name / "data"), filled)
        for name in ("old", "new")
    ]
    pairs = planning.services.pairs(configuration(minio={}), configuration(minio={}))
    (change,) = data_places.changes(places[:1], places[1:], pairs, (tmp_path / "old", tmp_path / "new"))
    assert change.what == what
    (strict,) = data_places.changes(places[:1], places[1:], pairs)
    assert strict.what == "moved"


def test_what_is_in_a_directory_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    mounts = [
        {"type": "bind", "source": str(tmp_path / name), "target": f"/{name}"} for name in ("full", "none", "full/file")
    ]
    config = configuration(minio={"volumes": [*mounts, {"type": "bind", "source": "/run/x.sock", "target": "/x"}]})
    found = {place.path: place.filled for place in data_places.declared(config) if place.owner == "objects"}
    assert found == {"/full": True, "/none": False}


def test_a_volume_without_a_name_stays_with_its_service_alone() -> None:
    nameless = {"image": "minio", "volumes": [{"type": "volume", "target": "/data"}]}
    before = described(config=configuration(minio=nameless))
    same = planned(before, described("v2.5", configuration(minio=nameless, backend={"image": "chat:2.5"})))
    assert same.obstacles == ()
    other = planned(before, described("v2.5", configuration(objects=nameless)))
    assert [obstacle.next_step for obstacle in other.obstacles] == [
        "copy /data of objects out of its container (docker cp), and give it a named volume"
    ]


def test_what_to_write_is_said_for_a_volume_and_for_a_directory() -> None:
    plan = planned(after=described("v2.5", configuration(mysql={"volumes": []})))
    (obstacle,) = plan.obstacles
    assert obstacle.next_step == (
        "in the new compose file let database mount data:/var/lib/mysql, "
        "and write under volumes: data: {name: agentchat_mysql_data, external: true}"
    )
    place = facts.DataPlace("objects", "minio", "/data", "bind", "/srv/minio")
    step = data_places.next_step(facts.StorageChange("objects", "/data", "moved", place, None))
    assert step == "in the new compose file let objects mount /srv/minio:/data, or move what is there"


def test_the_same_release_and_an_older_one_are_in_the_way() -> None:
    assert in_the_way(planned(after=described())) == [(Hindrance.SAME_RELEASE, "v2.4 is the release that runs")]
    images = tuple(facts.Image(name, f"{name}:1", "sha256:1") for name in SERVICES)
    one, other = (described(release=facts.Release(name, images)) for name in ("a", "b"))
    assert in_the_way(planned(one, other)) == [(Hindrance.SAME_RELEASE, "nothing changes from a to b")]
    assert in_the_way(planned(described("v2.5"), described("v2.4", NEW)))[0] == (
        Hindrance.DOWNGRADE,
        "v2.4 is older than v2.5",
    )


def test_a_role_that_nobody_plays_any_more_is_in_the_way() -> None:
    plan = planned(after=described("v2.5", configuration(redis=None)))
    assert in_the_way(plan) == [(Hindrance.LOST_ROLE, "no service of the new release plays the cache, as redis does")]


def test_what_the_schemas_change_is_told_where_both_are_known() -> None:
    user = facts.TableDefinition("user", {"name": "varchar(20) NOT NULL"}, ("PRIMARY KEY (`name`)",), "ENGINE=InnoDB")
    one = facts.SchemaDefinition("utf8mb4", "utf8mb4_0900_ai_ci", (user,))
    other = facts.SchemaDefinition("utf8mb4", "utf8mb4_0900_ai_ci", ())
    plan = planned(described(schema=one), described("v2.5", NEW, schema=other))
    assert plan.schema == ("user: the table is gone",)
    assert planned(described(schema=one), described("v2.5", NEW)).schema is None


EXAMPLE = "PASSWORD=\nLIMIT=20\n"
USES = frozenset({"PASSWORD", "LIMIT", "TZ"})


def variables(own: str, **after: Any) -> list[tuple[Hindrance, str]]:
    """What stands in the way of an env file, where the new release is otherwise."""
    new = {"example": EXAMPLE, "uses": USES, **after}
    return in_the_way(planned(described(example=EXAMPLE, uses=USES), described("v2.5", NEW, **new), own))


def test_an_env_file_that_fits_is_not_in_the_way() -> None:
    own = "PASSWORD=x\nLIMIT=50\nTZ=utc\nCOMPOSE_PROFILES=all\nhttp_proxy=http://a\n"
    assert variables(own) == []


def test_a_key_that_no_release_knows_is_in_the_way() -> None:
    assert variables("PASWORD=x\nPASSWORD=x\nLIMIT=20\n") == [
        (Hindrance.UNKNOWN_KEY, "PASWORD is set, and neither release knows it")
    ]


def test_a_key_that_is_renamed_moves_and_one_that_is_gone_is_in_the_way() -> None:
    renamed = {"example": "PASSWORD=\n# formerly LIMIT\nMAX=25\n", "uses": frozenset({"PASSWORD", "MAX", "TZ"})}
    assert variables("PASSWORD=x\nLIMIT=50\n", **renamed) == []
    assert variables("PASSWORD=x\nLIMIT=50\n", example="PASSWORD=\n", uses=frozenset({"PASSWORD"})) == [
        (
            Hindrance.CONFLICT,
            "LIMIT: conflict; it is set, and the new release does not have it: take it out, or set what replaces it",
        )
    ]


def test_a_key_that_no_service_gets_any_more_is_in_the_way() -> None:
    unheeded = [(Hindrance.UNHEEDED, "LIMIT is set, and no service of the new release gets it")]
    own, fewer = "PASSWORD=x\nLIMIT=50\nTZ=a\n", frozenset({"PASSWORD", "TZ"})
    assert variables(own, uses=fewer) == unheeded  # the compose file gives LIMIT a value of its own
    assert variables(own, uses=fewer, configuration=configuration(backend={"environment": {}})) == unheeded


def test_a_key_that_no_service_got_before_is_not_in_the_way() -> None:
    new = described("v2.5", configuration(backend={"image": "chat:2.5", "environment": {}}), example=EXAMPLE)
    assert in_the_way(planned(described(example=EXAMPLE), new, "LIMIT=50\n")) == []


def test_a_value_that_is_missing_is_in_the_way() -> None:
    assert variables("PASSWORD=x\nLIMIT=20\n", example=EXAMPLE + "TOKEN=\n", required=frozenset({"TOKEN"})) == [
        (Hindrance.MISSING_VALUE, "TOKEN is required and has no value")
    ]
