"""Backups, taken and restored."""
