<<<<<<< HEAD
"""Backup and restore, as an administrator performs them, with proof."""
=======
"""Backups, taken and restored."""
>>>>>>> database
