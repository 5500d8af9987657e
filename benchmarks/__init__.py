"""The project's figures, measured side by side in one run: ``make bench``."""
