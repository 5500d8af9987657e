"""Judgements: pure functions from facts to findings, without Docker."""
