"""Planted defects: each breaks one promise of a stack of ours, and is taken back at the end of its block."""
