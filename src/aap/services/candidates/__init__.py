"""The list of a call's dossiers as officials work through it: filters, columns, labels, what they pick out, files."""
