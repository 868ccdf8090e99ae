"""Forms built from the call file's questions. `SectionForm` is a page of the dossier; see sections.py."""

from aap.core.answers.readable import read_section
from aap.core.questions.base.in_words import ReadAnswer, SectionReading
from aap.web.forms.fields import Offer, QuestionField
from aap.web.forms.sections import PREFIX, ListedFile, SectionForm, limits_of_request, request_limits
from aap.web.forms.suggestions import suggestions

__all__ = [
    "PREFIX",
    "ListedFile",
    "Offer",
    "QuestionField",
    "ReadAnswer",
    "SectionForm",
    "SectionReading",
    "limits_of_request",
    "read_section",
    "request_limits",
    "suggestions",
]
