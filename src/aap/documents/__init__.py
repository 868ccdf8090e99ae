"""Files in and out: PDF, spreadsheets, tables, the texts of mails. From view values, never from records."""
