"""Defects that starts, restarts and dependencies in trouble bring to light."""
