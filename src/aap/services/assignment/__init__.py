"""Who reads what: proposals, moves by hand, the situation they start from."""
