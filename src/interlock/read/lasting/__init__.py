"""What kinds of infrastructure hold that lasts, what is lost with them, and what is evidence against that."""
