"""Load that tells the truth: driven by locust, measured and judged here."""
