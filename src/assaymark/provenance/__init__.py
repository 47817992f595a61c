"""From one account of a run: W3C PROV, a Workflow Run RO-Crate, in-toto statements, EVERSE JSON-LD.

`account` is the model, `account_of` makes one of an assessment; `prov`, `crate`, `intoto` and `everse` are the writers,
`redact` stands before every write.
"""
