"""The questions of a dossier: one file a type, what all types share in `base`, and `registry`, which finds the types."""
