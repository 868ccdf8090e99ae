"""Agreement between reviewers: divergences, further reviews, consensus."""
