"""The blueprint of the association's space; its routes stand in the modules beside."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("association", __name__, url_prefix="/association")
