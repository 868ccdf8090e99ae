"""Screening: the candidates of a call, eligibility, completion, the dossier as the service reads it."""
