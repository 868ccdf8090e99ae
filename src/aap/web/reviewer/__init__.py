"""The reviewer's space: dossiers to mark, one beside its grid; specimens first, and marking without a connection."""

from aap.web.reviewer import discussion, files, interests, marking, offline, preferences, specimens, stepping_back
from aap.web.reviewer.home import blueprint

__all__ = [
    "blueprint",
    "discussion",
    "files",
    "interests",
    "marking",
    "offline",
    "preferences",
    "specimens",
    "stepping_back",
]
