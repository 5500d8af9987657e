"""What generators are told to do at the target of load: ours, plain locust, k6; each asks for the same."""
