"""What services/upkeep object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording import diagnosis
from aap.web.wording.vocabulary import Words

WORDS: Words = {
    **diagnosis.WORDS,
    "upkeep.backup_exists": _("%(folder)s existe déjà\u00a0: donnez un nom neuf à chaque sauvegarde."),
    "upkeep.backup_too_new": _("Cette sauvegarde vient d’une version plus récente du logiciel."),
    "upkeep.database_changed": _("La base de cette sauvegarde manque ou a été changée."),
    "upkeep.database_on_server": _(
        "La base est un serveur\u00a0: sauvegardez-la par pg_dump, puis copiez le dossier des fichiers "
        "(%(files)s), dans cet ordre."
    ),
    "upkeep.database_unsound": _("La base ne passe pas le contrôle d’intégrité de SQLite."),
    "upkeep.file_changed": _("Le fichier %(name)s a été changé."),
    "upkeep.file_missing": _("Le fichier %(name)s manque."),
    "upkeep.file_missing_here": _("Le fichier %(name)s manque dans l’instance."),
    "upkeep.instance_not_empty": _(
        "%(folder)s n’est pas vide\u00a0: restaurez dans un dossier neuf, puis changez AAP_INSTANCE."
    ),
    "upkeep.journal_differs": _("Le journal n’est pas celui qui a été sauvegardé."),
    "upkeep.no_backup": _("%(folder)s n’est pas une sauvegarde\u00a0: %(manifest)s manque ou ne se lit pas."),
    "upkeep.number_of_files": _("%(expected)s fichiers attendus, %(found)s trouvés."),
}
