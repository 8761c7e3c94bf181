"""The AWS gate: an endpoint that speaks AWS, so that an agent needs no credential of AWS. Sealed."""
