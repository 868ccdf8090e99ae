"""The decision: letters, notification, answers of laureates, replacements, publication."""
