import json
from typing import Any

import pytest

from benchmarks import generators
from benchmarks.served import Times

WRK = """Running 5s test @ http://127.0.0.1:38173/api/v1/dialog/list
  1 threads and 10 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   478.02us  616.56us   7.26ms   94.28%
    Req/Sec    69.67k     6.52k   86.14k    80.00%
  207786 requests in 3.00s, 26.16MB read
{more}Requests/sec:  69170.03
Transfer/sec:      8.71MB
"""


def summary(**changes: dict[str, Any]) -> str:
    metrics = {
        "http_req_duration": {"p(50)": 0.3, "p(95)": 1490.0, "p(99)": 1900.5},
        "http_req_failed": {"rate": 0, "passes": 0, "fails": 2000},
        "http_reqs": {"count": 2000, "rate": 199.9},
        **changes,
    }
    return json.dumps({name: {"type": "any", "values": values} for name, values in metrics.items()})


def test_k6_tells_its_times_in_milliseconds() -> None:
    assert generators.times_of_k6(summary()) == Times(0.0003, 1.49, 1.9005, 2000)


@pytest.mark.parametrize(
    "trouble",
    [
        {"http_req_failed": {"rate": 0.0005, "passes": 1, "fails": 1999}},
        {"dropped_iterations": {"count": 1, "rate": 0.1}},
    ],
)
def test_a_run_of_k6_with_a_failure_means_nothing(trouble: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="1 requests of k6 failed or did not start"):
        generators.times_of_k6(summary(**trouble))


def test_wrk_tells_its_rate() -> None:
    assert generators.rate_of_wrk(WRK.format(more="")) == 69170.03


@pytest.mark.parametrize(
    "said",
    [
        "unable to connect to 127.0.0.1:1 Connection refused\n",
        WRK.format(more="  Non-2xx or 3xx responses: 3\n"),
        WRK.format(more="  Socket errors: connect 0, read 1, write 0, timeout 0\n"),
    ],
)
def test_a_run_of_wrk_with_a_failure_means_nothing(said: str) -> None:
    with pytest.raises(RuntimeError, match="wrk has no figure"):
        generators.rate_of_wrk(said)
