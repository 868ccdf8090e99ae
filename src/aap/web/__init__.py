"""Pages: one package an actor, which don't know each other; beside them what all of them share.

A view translates: it opens one transaction, calls one use case, and renders or redirects.
"""
