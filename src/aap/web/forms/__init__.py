"""Forms built from the call file's questions. `SectionForm` is a page of the dossier; see sections.py."""

from aap.core.answers.readable import read_section
from aap.core.questions.base.words import ReadAnswer, SectionReading
from aap.web.forms.communes import suggestions
from aap.web.forms.fields import Offer, QuestionField
from aap.web.forms.sections import PREFIX, SectionForm, StoredFile, request_limits

__all__ = [
    "PREFIX",
    "Offer",
    "QuestionField",
    "ReadAnswer",
    "SectionForm",
    "SectionReading",
    "StoredFile",
    "read_section",
    "request_limits",
    "suggestions",
]
