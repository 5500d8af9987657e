"""Log-ins to the database and the cache, told."""

from makers import log_in


def test_a_log_in_tells_who_and_how_it_went() -> None:
    assert str(log_in()) == "agentchat (environment of mysql): accepted in 0.01 s"
    refused = log_in(accepted=False, error="Access denied for user 'agentchat' (1045)", seconds=1.5)
    assert str(refused) == "agentchat (environment of mysql): Access denied for user 'agentchat' (1045) in 1.50 s"
