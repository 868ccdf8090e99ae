"""The two budgets of a dossier: the accounts of the subvention form, their totals, what is surprising in them."""
