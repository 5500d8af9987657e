"""The reference backend: AgentChat's HTTP contract on MySQL, Redis and an OpenAI-compatible model."""
