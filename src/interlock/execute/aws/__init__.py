"""Executing AWS calls: exactly as they were approved, with a credential that can do no more, and a way back kept."""
