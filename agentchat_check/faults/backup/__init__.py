"""Faults of backups: archives that were damaged, and copies that lack something."""
