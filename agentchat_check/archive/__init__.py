"""What a backup leaves on disk: written whole or not at all, read with suspicion, kept for as long as is wanted."""
