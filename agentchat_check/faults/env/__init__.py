"""Faults that the checks of variables and secrets have to see."""
