"""Answers tell what came back on one line, by both codes, and never what was sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from makers import answer, chat, inner, outer, unanswered

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (answer(), "200 in 0.02 s"),
        (outer(204, ""), "204 in 0.02 s"),
        (inner(500, "Agent 不存在"), "200, inner 500 (Agent 不存在) in 0.02 s"),
        (answer(inner=401, body={"status_message": ""}), "200, inner 401 ({'status_message': ''}) in 0.02 s"),
        (outer(500, {"detail": "no such table"}), "500 (no such table) in 0.02 s"),
        (outer(500, {"code": -1, "error_msg": "down"}), "500 (down) in 0.02 s"),
        (outer(502, "<html>\r\n<h1>Bad\tGateway</h1>\r\n"), "502 (<html> <h1>Bad Gateway</h1>) in 0.02 s"),
        (outer(500, [1, "two"]), "500 (1; two) in 0.02 s"),
        (outer(500, "x" * 5000), f"500 ({'x' * 200}) in 0.02 s"),
        (outer(404, ""), "404 in 0.02 s"),
        (outer(404, None), "404 in 0.02 s"),
        (unanswered(), "connection refused after 0.0 s"),
    ],
)
def test_an_answer_reads_on_one_line(said: facts.HttpAnswer, shown: str) -> None:
    assert str(said) == f"GET /api/v1/dialog/list: {shown}"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://127.0.0.1:7860", "/"),
        ("http://[::1]:7860/a/b?token=secret#x", "/a/b"),
        ("https://chat.example.org/对话", "/对话"),
    ],
)
def test_an_answer_names_the_path_and_nothing_that_came_with_it(url: str, path: str) -> None:
    assert str(answer(url=url)) == f"GET {path}: 200 in 0.02 s"


@pytest.mark.parametrize("key", ["detail", "status_message"])
def test_a_refused_body_is_told_without_what_was_sent(key: str) -> None:
    sent = {"user_name": "me", "user_password": "hunter2"}
    complaints = [
        {"type": "missing", "loc": ["body", "user_email"], "msg": "Field required", "input": sent},
        {"type": "too_long", "loc": "body", "msg": "at most 20 characters", "input": "hunter2"},
    ]
    said = str(outer(422, {key: complaints}))
    assert said == (
        "GET /api/v1/dialog/list: 422 (body.user_email: Field required; body: at most 20 characters) in 0.02 s"
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"access_token": "x.y.z", "code": 1}, "{'access_token': [redacted], 'code': 1}"),
        (
            '{"user_password": "it\'s", "Refresh_Token":"x"}',
            '{"user_password": [redacted], "Refresh_Token":[redacted]}',
        ),
        ({"detail": "Invalid token: expired"}, "Invalid token: expired"),
        ({"data": {"secret_key": "hunter2"}}, "{'data': {'secret_key': [redacted]}}"),
    ],
)
def test_a_secret_in_a_body_is_not_told(body: Any, told: str) -> None:
    assert str(outer(401, body)) == f"GET /api/v1/dialog/list: 401 ({told}) in 0.02 s"


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        (answer(), True),
        (outer(200, "OK"), True),
        (outer(201), True),
        (outer(299), True),
        (inner(500), False),
        (inner(0), False),
        (answer(status=500), False),
        (outer(302), False),
        (outer(199), False),
        (unanswered(), False),
    ],
)
def test_both_codes_have_to_say_so(said: facts.HttpAnswer, ok: bool) -> None:
    assert said.ok is ok


@pytest.mark.parametrize(
    ("body", "data"),
    [({"data": [1]}, [1]), ({"data": None}, None), ({}, None), (None, None), ("data", None), ([{"data": 1}], None)],
)
def test_data_are_the_envelope_s_and_nobody_else_s(body: Any, data: Any) -> None:
    assert answer(body=body).data == data


@given(st.integers(0, 599), st.none() | st.integers(-1, 20000), anything)
def test_no_body_is_too_strange_to_be_told_on_one_line(status: int, within: int | None, body: Any) -> None:
    said = str(answer(status=status, inner=within, body=body))
    assert len(said.splitlines()) == 1
    assert len(said) < 300


def test_a_streamed_answer_tells_its_pieces_and_its_errors() -> None:
    whole = chat(text="Ça va, 你好 🙂" + "." * 100, errors=("The model does not answer", "cut off: no answer"))
    assert str(whole) == (
        f"POST /api/v1/completion: 200 in 0.02 s; 2 chunks, 'Ça va, 你好 🙂{'.' * 69}'"
        "; error in the stream: The model does not answer; error in the stream: cut off: no answer"
    )


def test_a_stream_that_brought_nothing_says_so() -> None:
    assert str(chat(text="", chunk_seconds=())) == "POST /api/v1/completion: 200 in 0.02 s; 0 chunks, ''"
