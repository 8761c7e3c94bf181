"""AWS's own forms, and nothing of our trade: requests as bytes, signatures, operations, parameters, names, errors.

A foundation like the ledger: it knows no change, no effect and no policy, and can be read, fuzzed and audited alone.
"""
