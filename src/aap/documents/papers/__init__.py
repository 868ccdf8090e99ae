"""Papers as PDF: letters, acts, lists, receipts, minutes (also as DOCX), the file of an appeal."""
