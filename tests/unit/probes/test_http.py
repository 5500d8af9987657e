import socket
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from agentchat_check import facts
from agentchat_check.probes import http
from servers import Site, as_json, envelope, hangs_up, late, resets, stream, text


def ask(site: Site, path: str = "/x", **request: Any) -> facts.HttpAnswer:
    with http.session(site.url) as connection:
        return http.ask(connection, "GET", site.url + path, **request)


def chat(site: Site, **request: Any) -> facts.ChatAnswer:
    with http.session(site.url) as connection:
        return http.chat(connection, f"{site.url}/chat", **{"timeout": 10, "json": {"user_input": "hi"}, **request})


def chunk(said: str) -> str:
    return f'data: {{"type":"response_chunk","data":{{"chunk":"{said}","accumulated":""}}}}'


def test_an_answer_is_taken_apart(site: Site) -> None:
    site.replies["GET /x?a=1"] = envelope({"user_id": "1"})
    answer = ask(site, params={"a": "1"})
    assert (answer.method, answer.url, answer.status, answer.inner) == ("GET", f"{site.url}/x?a=1", 200, 200)
    assert (answer.data, answer.error, answer.ok) == ({"user_id": "1"}, "", True)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.seconds > 0


@pytest.mark.parametrize(
    ("reply", "status", "inner", "shown"),
    [
        (envelope(None, inner=500, message="disk full"), 200, 500, "GET /x: 200, inner 500 (disk full)"),
        (envelope(None, inner=10600, message="wrong password"), 200, 10600, "inner 10600 (wrong password)"),
        (as_json({"detail": [{"type": "missing"}]}, status=422), 422, None, "422 ({'type': 'missing'})"),
        (as_json({"code": -1, "error_msg": "boom"}, status=500), 500, None, "500 (boom)"),
        (as_json({"detail": "Unauthorized"}, status=401), 401, None, "GET /x: 401 (Unauthorized)"),
        (text("<h1>Bad Gateway</h1>", status=502), 502, None, "502 (<h1>Bad Gateway</h1>)"),
    ],
)
def test_a_failure_is_one_in_whichever_of_the_two_codes_it_is(
    site: Site, reply: Any, status: int, inner: int | None, shown: str
) -> None:
    site.replies["GET /x"] = reply
    answer = ask(site)
    assert (answer.status, answer.inner, answer.ok) == (status, inner, False)
    assert shown in str(answer)


@pytest.mark.parametrize(
    ("reply", "body", "inner"),
    [
        (text("no json", "application/json"), "no json", None),
        (text("[1]", "application/json"), [1], None),
        (text('{"status_code": "200"}', "application/json"), {"status_code": "200"}, None),
        (text("Grüße", "text/plain"), "Grüße", None),
        (lambda asked: asked.answer(b"a\xffb", "text/plain"), "aÿb", None),
        (lambda asked: asked.answer(b"a\xffb", "image/png"), "a\ufffdb", None),
    ],
)
def test_a_body_is_what_it_says_it_is_as_far_as_it_can_be_read(
    site: Site, reply: Any, body: object, inner: int | None
) -> None:
    site.replies["GET /x"] = reply
    answer = ask(site)
    assert (answer.body, answer.inner) == (body, inner)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (late, "no answer after 0."),
        (hangs_up, "connection closed without an answer after 0."),
        (resets, "connection reset after 0."),
    ],
)
def test_a_request_without_an_answer_is_a_fact_too(site: Site, reply: Any, why: str) -> None:
    site.replies["GET /x"] = reply
    answer = ask(site, timeout=0.2)
    assert (answer.status, answer.body, answer.ok) == (0, None, False)
    assert str(answer).startswith(f"GET /x: {why}")


def test_where_nobody_listens_the_connection_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with http.session(base) as connection:
        answer = http.ask(connection, "GET", f"{base}/health")
        said = http.chat(connection, f"{base}/chat", timeout=1)
    assert answer.error.startswith("connection refused after 0.")
    assert (said.answer.error[:18], said.text, said.errors) == ("connection refused", "", ())


def test_an_answer_that_is_cut_off_is_none(site: Site) -> None:
    def cut_off(asked: Any) -> None:
        asked.send_response(200)
        asked.send_header("content-length", "100")
        asked.end_headers()
        asked.wfile.write(b"half")
        asked.close_connection = True

    site.replies["GET /x"] = cut_off
    assert ask(site).error.startswith("the answer was cut off after 0.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ReadTimeout("x"), "no answer"),
        (requests.ConnectionError("[Errno -2] Name or service not known"), "unknown host"),
        (requests.ConnectionError("NameResolutionError(x)"), "unknown host"),
        (requests.ConnectionError("Response ended prematurely"), "the answer was cut off"),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "its certificate is not trusted here"),
        (requests.ConnectionError("y" * 300), "y" * 200),
    ],
)
def test_why_no_answer_came_is_said_in_a_few_words(error: Exception, words: str) -> None:
    assert http.reason(error) == words


def test_nobody_is_remembered_by_a_cookie(site: Site) -> None:
    def log_in(asked: Any) -> None:
        asked.send_response(200)
        asked.send_header("set-cookie", "access_token_cookie=abc; HttpOnly; Path=/")
        asked.send_header("content-length", "0")
        asked.end_headers()

    site.otherwise = log_in
    with http.session(site.url) as connection:
        http.ask(connection, "GET", f"{site.url}/login")
        http.ask(connection, "GET", f"{site.url}/user")
    assert [request.headers.get("cookie") for request in site.requests] == [None, None]


@pytest.mark.parametrize(
    ("base", "trusts"),
    [
        ("http://127.0.0.1:7860", False),
        ("http://localhost", False),
        ("http://[::1]:1", False),
        ("https://a.test", True),
    ],
)
def test_no_proxy_stands_between_us_and_this_host(base: str, *, trusts: bool) -> None:
    with http.session(base) as connection:
        assert connection.trust_env == trusts


def test_a_stream_is_read_to_its_end(site: Site) -> None:
    keep_alives = ": keep-alive", "event: message", "data: no json", "data: [1]", 'data: {"type":"other"}'
    site.replies["POST /chat"] = stream(chunk("You "), *keep_alives, chunk("said: hi"))
    said = chat(site)
    assert (said.text, said.errors, said.answer.status, said.answer.ok) == ("You said: hi", (), 200, True)
    first, second = said.chunk_seconds
    assert 0 < first <= second <= said.answer.seconds
    assert site.requests[0].body == '{"user_input": "hi"}'


def test_a_stream_in_other_letters_is_read_as_utf_8(site: Site) -> None:
    site.replies["POST /chat"] = stream(chunk("你好"))
    assert chat(site).text == "你好"


@pytest.mark.parametrize(
    "line",
    [
        'data: {"type":"response_chunk"}',
        'data: {"type":"response_chunk","data":null}',
        'data: {"type":"response_chunk","data":"You"}',
        'data: {"type":"response_chunk","data":{}}',
    ],
)
def test_a_chunk_of_another_form_says_nothing_and_breaks_nothing(site: Site, line: str) -> None:
    site.replies["POST /chat"] = stream(line, chunk("hi"))
    assert chat(site).text == "hi"


def test_an_error_in_the_stream_is_kept_with_what_was_said_before(site: Site) -> None:
    site.replies["POST /chat"] = stream(chunk("You"), 'data: {"type":"error","data":"the model does not answer"}')
    said = chat(site)
    assert (said.text, said.errors) == ("You", ("the model does not answer",))
    assert str(said).endswith("1 chunks, 'You'; error in the stream: the model does not answer")


def test_a_stream_that_is_cut_off_says_so_and_keeps_what_came(site: Site) -> None:
    site.replies["POST /chat"] = stream(chunk("You"), then=hangs_up)
    said = chat(site)
    assert (said.text, said.errors) == ("You", ("cut off: the answer was cut off",))
    assert said.answer.status == 200


def test_a_stream_that_falls_silent_is_not_waited_for(site: Site) -> None:
    site.replies["POST /chat"] = stream(chunk("You"), then=late)
    said = chat(site, timeout=0.2)
    assert (said.text, said.errors) == ("You", ("cut off: no answer",))


def test_an_answer_that_is_no_stream_is_an_answer(site: Site) -> None:
    site.replies["POST /chat"] = envelope(None, inner=500, message="no such dialog")
    said = chat(site)
    assert (said.answer.inner, said.text, said.chunk_seconds, said.errors) == (500, "", (), ())


def test_an_answer_that_breaks_off_before_it_is_a_stream_is_none(site: Site) -> None:
    def cut_off(asked: Any) -> None:
        asked.send_response(500)
        asked.send_header("content-length", "100")
        asked.end_headers()
        asked.close_connection = True

    site.replies["POST /chat"] = cut_off
    said = chat(site)
    assert (said.answer.status, said.errors) == (500, ("cut off: the answer was cut off",))


def test_a_certificate_is_good_where_this_host_knows_its_authority(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    site.secure(authority)
    assert "its certificate is not trusted here" in ask(site).error
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert ask(site).status == 404
    assert site.asked == ["GET /x"]
