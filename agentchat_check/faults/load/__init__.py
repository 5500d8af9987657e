"""Defects that only load shows, or that load has to show, too."""
