"""The sentences of what services object to, one file a subject."""
