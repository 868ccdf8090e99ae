"""What services/candidates object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "candidates.label_length": _("Écrivez une étiquette de %(most)s caractères au plus."),
    "candidates.view_name_length": _("Donnez à la vue un nom de %(most)s caractères au plus."),
    "candidates.too_many_views": _("Vous avez déjà %(most)s vues : supprimez-en une avant d’en enregistrer une autre."),
}
