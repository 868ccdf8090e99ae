"""Forms built from the call file's questions. `SectionForm` is a page of the dossier; see sections.py."""

from aap.core.answers.readable import ReadAnswer, SectionReading, read_section
from aap.web.forms.communes import suggestions
from aap.web.forms.fields import Offer, QuestionField
from aap.web.forms.sections import PREFIX, ListedFile, SectionForm, request_limits

__all__ = [
    "PREFIX",
    "ListedFile",
    "Offer",
    "QuestionField",
    "ReadAnswer",
    "SectionForm",
    "SectionReading",
    "read_section",
    "request_limits",
    "suggestions",
]
