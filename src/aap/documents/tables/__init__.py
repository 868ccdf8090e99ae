"""Tables in and out: CSV, workbooks, budgets, assignment tables."""
