"""Where a call stands, and its next step; what looks at all subjects at once: the file of an appeal."""
