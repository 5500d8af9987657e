"""Backup and restore, as an administrator performs them, with proof."""
