"""The apparatus: runs snippets on a private network and records what happened."""
