"""The ledger's database: its tables, its transactions, and how messages are found in it."""
