"""Faults of upgrades: releases that lose what there was, and what our own procedure could do wrong."""
