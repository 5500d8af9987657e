import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gevent
import pytest
import trustme

import servers
from agentchat_check.load import client, outcomes
from agentchat_check.load.client import Answer, Client
from servers import Asked, Site, as_json


@pytest.fixture
def site() -> Iterator[Site]:
    with servers.running(made := Site()):
        yield made


@pytest.fixture
def connection(site: Site) -> Iterator[Client]:
    made = Client(site.url, connect=5.0, silence=5.0)
    yield made
    made.close()


def ask(connection: Client, path: str = "/a", method: str = "GET", **content: Any) -> Answer:
    return connection.request(method, path, {"X-Who": "anna"}, timeout=5.0, **content)


@pytest.mark.parametrize("status", [200, 302, 404, 502])
def test_every_status_is_an_answer(site: Site, connection: Client, status: int) -> None:
    site.replies["GET /a"] = as_json({"data": 1}, status=status)
    answer = ask(connection)
    assert (answer.status, json.loads(answer.body)) == (status, {"data": 1})
    assert site.asked == ["GET /a"]


def test_the_connection_is_kept(site: Site, connection: Client) -> None:
    ports = []

    def note(asked: Asked) -> None:
        ports.append(asked.client_address[1])
        as_json({})(asked)

    site.otherwise = note
    ask(connection)
    ask(connection, "/b")
    assert len(ports) == 2
    assert len(set(ports)) == 1


def test_one_that_was_closed_is_made_anew(site: Site, connection: Client) -> None:
    site.otherwise = as_json({})
    ask(connection)
    connection.close()
    assert ask(connection).status == 200


def test_json_parameters_and_files_are_sent_as_requests_sends_them(site: Site, connection: Client) -> None:
    site.otherwise = as_json({})
    ask(connection, method="POST", json={"name": "anna"})
    ask(connection, params={"dialog_id": "a b&c"})
    ask(connection, method="POST", files={"file": ("note.txt", b"hello", "text/plain")})
    posted, listed, uploaded = site.requests
    assert (posted.headers["Content-Type"], json.loads(posted.body)) == ("application/json", {"name": "anna"})
    assert posted.headers["X-Who"] == "anna"
    assert listed.path == "/a?dialog_id=a+b%26c"
    assert uploaded.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert 'name="file"; filename="note.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n' in uploaded.body


def test_a_certificate_is_good_where_this_host_knows_its_authority(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    site.secure(authority)
    site.otherwise = as_json({})
    stranger = Client(site.url, connect=5.0, silence=5.0)
    with pytest.raises(client.FAILURES) as caught:
        ask(stranger)
    assert outcomes.of_error(caught.value) == "no secure connection"
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with closing(Client(site.url, connect=5.0, silence=5.0)) as acquainted:
        assert ask(acquainted).status == 200
    assert site.asked == ["GET /a"]


def test_paths_lie_below_the_address(site: Site) -> None:
    below = Client(site.url + "/chat/", connect=5.0, silence=5.0)
    ask(below)
    below.close()
    assert site.asked == ["GET /chat/a"]


def test_a_compressed_body_is_read(site: Site, connection: Client) -> None:
    def compressed(asked: Asked) -> None:
        body = gzip.compress(b"many words")
        asked.send_response(200)
        asked.send_header("content-encoding", "gzip")
        asked.send_header("content-length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    site.otherwise = compressed
    assert ask(connection).body == b"many words"


def test_what_is_not_answered_in_time_is_called_so(site: Site, connection: Client) -> None:
    site.otherwise = servers.late
    with pytest.raises(client.FAILURES) as raised:
        connection.request("GET", "/a", {}, timeout=0.05)
    assert outcomes.of_error(raised.value) == outcomes.TIMED_OUT


def test_a_server_that_hangs_up_gives_no_answer(site: Site, connection: Client) -> None:
    site.otherwise = servers.resets
    with pytest.raises(client.FAILURES) as raised:
        ask(connection, method="POST", json={})
    assert outcomes.of_error(raised.value) == "connection closed without an answer"
    assert site.asked == ["POST /a"]


def test_answers_that_came_together_are_noted_before_any_is_looked_at(site: Site) -> None:
    all_asked, all_answered = threading.Barrier(6), threading.Barrier(6)

    def at_once(asked: Asked) -> None:
        all_asked.wait(5)
        as_json({})(asked)
        all_answered.wait(5)

    site.otherwise = at_once
    noted: list[float] = []
    looked_at: list[float] = []

    def one() -> None:
        visitor = Client(site.url, connect=5.0, silence=5.0)
        noted.append(ask(visitor).came)
        looked_at.append(time.monotonic())
        visitor.close()

    visitors = [gevent.spawn(one) for _ in range(5)]
    while len(site.asked) < 5:
        gevent.sleep(0.01)
    for barrier in (all_asked, all_answered):
        barrier.wait(5)  # nobody reads meanwhile: greenlets are of this thread
    gevent.joinall(visitors, raise_error=True)
    assert max(noted) < min(looked_at)


def test_an_answer_comes_with_its_last_bytes(site: Site, connection: Client) -> None:
    def halting(asked: Asked) -> None:
        time.sleep(0.2)
        asked.send_response(200)
        asked.send_header("content-length", "2")
        asked.end_headers()
        time.sleep(0.2)
        asked.wfile.write(b"{}")

    site.otherwise = halting
    began = time.monotonic()
    assert ask(connection).came - began >= 0.4
    site.otherwise = as_json({})
    assert ask(connection, "/b").came - began > 0.4
    assert connection.came <= time.monotonic()


def test_what_lies_unread_has_come(site: Site, connection: Client) -> None:
    site.otherwise = servers.stream("data: 1")
    with connection.stream("POST", "/chat", {"X-Who": "anna"}, json={"user_input": "hi"}) as response:
        began = time.monotonic()
        time.sleep(0.3)  # nobody else is let in, as where a process is busy
        assert response.readline(b"\n") == b"data: 1\n"
        assert connection.came - began < 0.2


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_moves_no_answer(
    site: Site, connection: Client, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    site.otherwise = as_json({})
    began, told = time.monotonic(), time.time
    monkeypatch.setattr(time, "time", lambda: told() + hours * 3600)
    assert began <= ask(connection).came <= time.monotonic()


def test_a_stream_that_is_left_closes_its_connection(site: Site, connection: Client) -> None:
    site.otherwise = servers.stream("data: 1", then=servers.late)
    with connection.stream("POST", "/chat", {"X-Who": "anna"}, json={"user_input": "hi"}) as response:
        assert response.get("content-type") == "text/event-stream"
        assert response.readline(b"\n") == b"data: 1\n"
    site.otherwise = as_json({})
    assert ask(connection).status == 200
    assert site.requests[0].headers["Accept-Encoding"] == "identity"
