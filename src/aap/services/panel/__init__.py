"""The reviewers of a call, their interests and recusals."""
