"""What a call to AWS would do: reviewed knowledge about every operation, and the reader that applies it."""
