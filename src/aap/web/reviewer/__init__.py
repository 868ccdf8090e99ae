"""The reviewer's space: dossiers to mark, one beside its grid."""

from aap.web.reviewer import files, marking, recusal
from aap.web.reviewer.routes import blueprint

__all__ = ["blueprint", "files", "marking", "recusal"]
