"""The blueprint of the account pages."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)
