"""Command lines of the `aws` command, read as its own models say, and never run."""
