"""The association: identity, safe of documents, members, claims on a SIRET."""
