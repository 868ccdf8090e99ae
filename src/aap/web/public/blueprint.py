"""The blueprint of the public pages; its routes stand in the modules beside."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("public", __name__)
