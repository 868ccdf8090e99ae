"""From marks to scores: totals, the severity of reviewers, agreement, intervals."""
