"""Findings, told: to people on the terminal, to programs in a file."""
