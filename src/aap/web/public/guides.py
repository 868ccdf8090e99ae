"""The users' guides, for everybody."""

from __future__ import annotations

from flask import render_template

from aap.services.errors import NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.public.blueprint import blueprint
from aap.web.user_guides import GUIDES, read_guide


@blueprint.get("/aide/<guide_name>")
@requires(Permission.PUBLIC_READ)
def guide(guide_name: str) -> str:
    if guide_name not in GUIDES:
        raise NotFound("guide", guide_name)
    others = {one: title for one, title in GUIDES.items() if one != guide_name}
    return render_template("public/guide.html", guide=read_guide(guide_name), others=others)
