"""Surveying AWS: what stands at an account and what is known of it, asked with a credential that cannot write.

`aws` is the surveyor. `looks.json` says which looks each type of thing gets; the looks themselves stand in one file a
family. `eye` makes the calls: only those that `calls.json` lists, bounded, kept for a few seconds, and says what was
refused. `world` puts together what the looks noted; `tags` tells from tags and names where a thing belongs.
"""
