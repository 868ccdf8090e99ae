"""The accounts of people: roles, sign-in links, what is kept of a person."""
