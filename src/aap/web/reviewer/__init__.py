"""The reviewer's space: dossiers to mark, one beside its grid; specimens first, and marking without a connection."""

from aap.web.reviewer import declining, files, interests, marking, offline, preferences, recusal, specimens
from aap.web.reviewer.home import blueprint

__all__ = [
    "blueprint", "declining", "files", "interests", "marking", "offline", "preferences", "recusal", "specimens",
]  # fmt: skip
