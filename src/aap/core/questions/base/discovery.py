"""Finds the types: every module of `aap.core.questions` is one, and adds its class to `TYPES` when it is imported."""

from __future__ import annotations

import importlib
import pkgutil

import aap.core.questions
from aap.core.questions.base.question import TYPES, Question


def discover() -> dict[str, type[Question]]:
    """The types by name, those of modules that came since among them."""
    for module in pkgutil.iter_modules(aap.core.questions.__path__, "aap.core.questions."):
        if not module.ispkg:
            importlib.import_module(module.name)
    return TYPES
