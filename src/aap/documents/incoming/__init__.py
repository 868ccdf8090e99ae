"""What people send: recognised by its content, opened apart with bounds, cleaned, or refused with what to do."""
