"""The reviews: marking, pages of the reviewer, specimens, offline workbooks, progress, reminders."""
