"""Where a call stands, and its next step."""
