"""One planted defect for each promise of the env suite, for stacks of the reference deployment."""
