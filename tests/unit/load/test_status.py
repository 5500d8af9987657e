import pytest

from agentchat_check.load import status


def test_gauges_and_counters_of_the_database_are_what_it_says() -> None:
    now = {"Threads_running": 2.0, "Threads_connected": 21.0, "Slow_queries": 3.0}
    assert status.of_database(now, {}) == {"threads_running": 2, "threads_connected": 21, "slow_queries": 3}


def test_the_share_of_the_buffer_pool_that_is_used_is_of_its_pages() -> None:
    now = {"Innodb_buffer_pool_pages_data": 512.0, "Innodb_buffer_pool_pages_total": 1024.0}
    assert status.of_database(now, {}) == {"buffer_pool_used": 0.5}


def test_hits_are_counted_since_the_look_before() -> None:
    asked, missed = "Innodb_buffer_pool_read_requests", "Innodb_buffer_pool_reads"
    assert status.of_database({asked: 1000.0, missed: 500.0}, {}) == {}
    seen = status.of_database({asked: 1100.0, missed: 510.0}, {asked: 1000.0, missed: 500.0})
    assert seen["buffer_pool_hits"] == pytest.approx(0.9)


def test_the_cache_tells_its_memory_and_what_it_gave_up() -> None:
    assert status.of_cache({"used_memory": 1024, "evicted_keys": 2}, {}) == {"memory_bytes": 1024, "keys_evicted": 2}


def test_look_ups_of_the_cache_are_counted_since_the_look_before() -> None:
    now, before = {"keyspace_hits": 30, "keyspace_misses": 20}, {"keyspace_hits": 0.0, "keyspace_misses": 10.0}
    assert status.of_cache(now, before) == {"cache_hits": 0.75}
    assert status.of_cache(now, {}) == {}
