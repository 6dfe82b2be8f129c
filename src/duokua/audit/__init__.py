"""Who did what in the back office (审计), recorded on the ledger."""
