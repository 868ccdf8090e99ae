"""Papers as PDF: letters, lists, receipts, minutes."""
