"""Operational verification for AgentChat deployments."""
