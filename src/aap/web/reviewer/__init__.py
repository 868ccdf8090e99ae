"""The reviewer's space: dossiers to mark, one beside its grid; specimens first, and marking without a connection."""

from aap.web.reviewer import calibration, files, interests, marking, offline, recusal
from aap.web.reviewer.home import blueprint

__all__ = ["blueprint", "calibration", "files", "interests", "marking", "offline", "recusal"]
