"""Past grants of associations: a published table is read in, with what became of each of its lines."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.documents.tables.table_files import TableFile
from aap.services.association.past_grants import ReadGrants, import_grants
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, signed_in, writing
from aap.web.official.pages import blueprint
from aap.web.wording.sentences import sentence, worded


@blueprint.route("/aides-passees", methods=["GET", "POST"])
@requires(Permission.PAST_GRANTS_IMPORT)
def past_grants() -> ResponseReturnValue:
    """The form, then what was read: lines kept, known already, refused and why."""
    problem = ""
    report: ReadGrants | None = None
    if request.method == "POST":
        sent = request.files.get("fichier")
        content = sent.read() if sent else b""
        if not content:
            problem = _("Choisissez un fichier CSV, XLSX ou ODS.")
        else:
            name = sent.filename if sent and sent.filename else "subventions.csv"
            try:
                with writing() as session:
                    report = import_grants(session, actor=signed_in(), file=TableFile(name, content), now=arrived_at())
            except InvalidInput as refused:
                problem = worded(refused.problems)["file"]
    page = render_template(
        "official/past_grants.html",
        problem=problem,
        report=report,
        refused=[sentence(one) for one in report.refused] if report else [],
        page_width="narrow",
    )
    return (page, 422) if problem else page
