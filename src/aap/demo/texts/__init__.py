"""The phrases of the demonstration."""
