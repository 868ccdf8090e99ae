"""The call: loading, opening, amending, what the public sees of it."""
