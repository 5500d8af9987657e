"""Defects in how a deployment is started and stopped."""
