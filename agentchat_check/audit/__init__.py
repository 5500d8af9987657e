"""A deployment's files, read and judged without starting anything: files -> rules -> hits -> findings."""
