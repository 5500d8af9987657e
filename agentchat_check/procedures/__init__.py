"""The steps people perform with a deployment, as functions."""
