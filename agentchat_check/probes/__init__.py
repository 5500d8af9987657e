"""One look each at a stack: probes return facts and judge nothing."""
