"""What a call may ask of groups of laureates: quotas, and the kinds of bound that one may set."""
