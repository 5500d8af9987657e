"""One planted defect for each promise of the smoke suite, for stacks of the reference deployment."""
