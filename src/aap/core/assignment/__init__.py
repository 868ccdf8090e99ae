"""Who reads what: dossiers to reviewers by min-cost flow, with a floor under the worst fit and a connected graph."""
