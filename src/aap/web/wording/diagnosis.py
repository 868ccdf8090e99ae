"""What `aap doctor` finds, in words: each sentence that names a trouble says what to do."""

from __future__ import annotations

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from aap.records.associations import Register
from aap.services.upkeep.observation import Check
from aap.web.figures import file_size, listed, number
from aap.web.identity_words import register_name
from aap.web.wording.vocabulary import Words

CHECKS = {
    Check.SETTINGS: _("Réglages"),
    Check.DISK: _("Disque"),
    Check.DATABASE: _("Base de données"),
    Check.KEYS: _("Clés"),
    Check.LOG: _("Journal"),
    Check.FILES: _("Fichiers"),
    Check.QUEUE: _("Travail de fond"),
    Check.CLOCK: _("Horloge"),
    Check.MAIL: _("Courriels"),
    Check.ANTIVIRUS: _("Antivirus"),
    Check.REGISTERS: _("Répertoires"),
    Check.PROXY: _("Adresse publique"),
    Check.BACKUP: _("Sauvegarde"),
}


def _room(free: int) -> str:
    return gettext("%(free)s libres.", free=file_size(free))


def _little_room(free: int) -> str:
    return gettext(
        "Il ne reste que %(free)s\u00a0: agrandissez le disque, ou faites de la place.", free=file_size(free)
    )


def _no_room(free: int) -> str:
    return gettext(
        "Il ne reste que %(free)s\u00a0: les dépôts vont être refusés. Faites de la place maintenant.",
        free=file_size(free),
    )


def _owned_by_others(folder: str, names: tuple[str, ...]) -> str:
    return gettext(
        "Dans %(folder)s, %(names)s appartiennent à un autre compte que le dossier (une commande lancée par root\u00a0?)\u00a0: "
        "rendez-les au compte du service par chown -R, et lancez aap sous ce compte.",
        folder=folder,
        names=listed(names),
    )


def _register_answers(register: str) -> str:
    return gettext("%(register)s répond.", register=_of_register(register))


def _register_silent(register: str, reason: str) -> str:
    variable = {
        Register.BUSINESS: "AAP_BUSINESS_REGISTER",
        Register.ASSOCIATIONS: "AAP_ASSOCIATION_REGISTER",
    }[Register(register)]
    return gettext(
        "%(register)s ne répond pas (%(reason)s)\u00a0: les pages s’en passent. Voyez %(variable)s, et si cette machine peut "
        "joindre l’adresse.",
        register=_of_register(register),
        reason=reason,
        variable=variable,
    )


def _of_register(register: str) -> str:
    name = register_name(Register(register))
    return name[0].upper() + name[1:]


def _notices(variables: tuple[str, ...]) -> str:
    return gettext(
        "Les mentions légales sont incomplètes\u00a0: renseignez %(variables)s.", variables=listed(variables)
    )


def _rows(rows: int) -> str:
    return ngettext(
        "%(n)s ligne de la base renvoie à une autre qui n’existe pas\u00a0: gardez une copie, puis restaurez la dernière "
        "sauvegarde intacte.",
        "%(n)s lignes de la base renvoient à d’autres qui n’existent pas\u00a0: gardez une copie, puis restaurez la dernière "
        "sauvegarde intacte.",
        rows,
        n=number(rows),
    )


def _log_broken(faults: int, first: int) -> str:
    return ngettext(
        "%(n)s ligne du journal manque ou a été changée (ligne %(first)s)\u00a0: gardez une copie de la base, puis lancez "
        "aap audit verify.",
        "%(n)s lignes du journal manquent ou ont été changées, à partir de la ligne %(first)s\u00a0: gardez une copie de la "
        "base, puis lancez aap audit verify.",
        faults,
        n=number(faults),
        first=number(first),
    )


def _log_whole(lines: int, head: str) -> str:
    return ngettext(
        "%(n)s ligne, rien ne manque. Dernière empreinte\u00a0: %(head)s",
        "%(n)s lignes, rien ne manque. Dernière empreinte\u00a0: %(head)s",
        lines,
        n=number(lines),
        head=head,
    )


def _rows_beside_log(rows: int) -> str:
    return ngettext(
        "%(n)s objet de la base n’est plus ce que le journal en a noté\u00a0: gardez une copie de la base, puis lancez aap "
        "audit verify, qui le nomme.",
        "%(n)s objets de la base ne sont plus ce que le journal en a noté\u00a0: gardez une copie de la base, puis lancez aap "
        "audit verify, qui les nomme.",
        rows,
        n=number(rows),
    )


def _keys_sound(newest: str, secrets: int) -> str:
    return ngettext(
        "La clé %(newest)s ouvre le secret enregistré (%(n)s). Gardez-en une copie ailleurs.",
        "La clé %(newest)s ouvre les secrets enregistrés (%(n)s). Gardez-en une copie ailleurs.",
        secrets,
        newest=newest,
        n=number(secrets),
    )


def _secrets_closed(secrets: int) -> str:
    return ngettext(
        "%(n)s secret ne s’ouvre avec aucune des clés\u00a0: remettez l’ancienne clé à la suite des autres (AAP_DATA_KEY, ou le "
        "fichier des clés).",
        "%(n)s secrets ne s’ouvrent avec aucune des clés\u00a0: remettez l’ancienne clé à la suite des autres (AAP_DATA_KEY, ou "
        "le fichier des clés).",
        secrets,
        n=number(secrets),
    )


def _secrets_of_older_keys(secrets: int) -> str:
    return ngettext(
        "%(n)s secret est encore chiffré par une ancienne clé\u00a0: lancez aap keys rotate.",
        "%(n)s secrets sont encore chiffrés par une ancienne clé\u00a0: lancez aap keys rotate.",
        secrets,
        n=number(secrets),
    )


def _missing(files: int, names: tuple[str, ...]) -> str:
    return ngettext(
        "%(n)s fichier manque (%(names)s)\u00a0: reprenez-le de la dernière sauvegarde.",
        "%(n)s fichiers manquent (%(names)s…)\u00a0: reprenez-les de la dernière sauvegarde.",
        files,
        n=number(files),
        names=", ".join(names),
    )


def _changed(files: int, names: tuple[str, ...]) -> str:
    return ngettext(
        "%(n)s fichier n’a plus le contenu qui a été déposé (%(names)s)\u00a0: reprenez-le de la dernière sauvegarde, et "
        "contrôlez le disque.",
        "%(n)s fichiers n’ont plus le contenu qui a été déposé (%(names)s…)\u00a0: reprenez-les de la dernière sauvegarde, et "
        "contrôlez le disque.",
        files,
        n=number(files),
        names=", ".join(names),
    )


def _whole(files: int) -> str:
    return ngettext(
        "%(n)s fichier relu, tel qu’il a été déposé.",
        "%(n)s fichiers relus, tels qu’ils ont été déposés.",
        files,
        n=number(files),
    )


def _there(files: int) -> str:
    return ngettext("%(n)s fichier présent (non relu).", "%(n)s fichiers présents (non relus).", files, n=number(files))


def _orphans(files: int, size: int) -> str:
    return ngettext(
        "%(n)s fichier que rien ne nomme (%(size)s)\u00a0: un reste sans danger.",
        "%(n)s fichiers que rien ne nomme (%(size)s)\u00a0: des restes sans danger.",
        files,
        n=number(files),
        size=file_size(size),
    )


def _given_up(mails: int) -> str:
    return ngettext(
        "%(n)s courriel a été abandonné après plusieurs essais (liste\u00a0: Administration, Système).",
        "%(n)s courriels ont été abandonnés après plusieurs essais (liste\u00a0: Administration, Système).",
        mails,
        n=number(mails),
    )


def _failed(jobs: int) -> str:
    return ngettext(
        "%(n)s travail a échoué (liste\u00a0: Administration, Système).",
        "%(n)s travaux ont échoué (liste\u00a0: Administration, Système).",
        jobs,
        n=number(jobs),
    )


WORDS: Words = {
    "upkeep.address_answers": _("Le service répond à %(address)s."),
    "upkeep.address_leads_elsewhere": _(
        "%(address)s renvoie vers %(reached)s\u00a0: mettez cette adresse dans AAP_BASE_URL, les liens des courriels y mèneront "
        "sans détour."
    ),
    "upkeep.address_of_another": _(
        "Ce qui répond à %(address)s n’est pas ce service\u00a0: voyez AAP_BASE_URL et le mandataire (nginx)."
    ),
    "upkeep.address_of_the_machine": _(
        "AAP_BASE_URL est %(address)s, que personne d’autre n’atteint\u00a0: les liens des courriels ne mèneraient nulle part."
    ),
    "upkeep.address_silent": _(
        "Le service ne répond pas à %(address)s (%(reason)s)\u00a0: tourne-t-il\u00a0? Si cette machine ne peut pas joindre "
        "l’adresse publique, contrôlez-la d’ailleurs."
    ),
    "upkeep.address_without_tls": _(
        "AAP_BASE_URL est %(address)s\u00a0: en production les navigateurs n’envoient les témoins de connexion qu’en https, "
        "personne ne pourrait entrer. Mettez l’adresse en https."
    ),
    "upkeep.antivirus_answers": _("ClamAV répond (%(clamd)s)."),
    "upkeep.antivirus_silent": _(
        "ClamAV ne répond pas (%(clamd)s)\u00a0: aucun fichier ne peut être déposé. Relancez clamav-daemon, ou videz AAP_CLAMD."
    ),
    "upkeep.backup_by_server": _("La base est un serveur\u00a0: sa sauvegarde (pg_dump) ne se voit pas d’ici."),
    "upkeep.backup_old": _("La dernière date du %(at)s\u00a0: lancez aap backup, et voyez ce qui l’a empêchée."),
    "upkeep.backup_recent": _("La dernière date du %(at)s."),
    "upkeep.clock_before_log": _(
        "La dernière ligne du journal est du %(at)s, dans l’avenir de cette horloge\u00a0: remettez l’horloge à l’heure."
    ),
    "upkeep.clock_not_kept": _(
        "Rien ne tient l’horloge à l’heure, et les échéances en dépendent\u00a0: installez systemd-timesyncd ou chrony."
    ),
    "upkeep.clock_of_database": _(
        "L’horloge du serveur de base de données diffère de %(seconds)s s\u00a0: mettez les deux machines à l’heure."
    ),
    "upkeep.clock_of_files": _(
        "L’horloge du système de fichiers diffère de %(seconds)s s\u00a0: mettez les deux machines à l’heure."
    ),
    "upkeep.clock_sound": _("À l’heure\u00a0: %(at)s (Paris)."),
    "upkeep.database_damaged": _(
        "La base est abîmée (%(reason)s)\u00a0: arrêtez le service, gardez-en une copie, restaurez la dernière sauvegarde "
        "intacte."
    ),
    "upkeep.database_not_read": _(
        "La base ne se lit pas (%(reason)s)\u00a0: voyez AAP_INSTANCE ou AAP_DATABASE_URL, et si elle répond."
    ),
    "upkeep.database_sound": _("Intacte, à l’étape %(step)s de cette version."),
    "upkeep.database_step": _(
        "La base est à l’étape %(step)s, ce logiciel attend %(newest)s\u00a0: relancez le service, ou reprenez la version du "
        "logiciel qui va avec la base."
    ),
    "upkeep.files_changed": _changed,
    "upkeep.files_missing": _missing,
    "upkeep.files_of_nobody": _orphans,
    "upkeep.files_there": _there,
    "upkeep.files_whole": _whole,
    "upkeep.folder_not_written": _(
        "On ne peut pas écrire dans %(folder)s (%(reason)s)\u00a0: voyez les droits du dossier et la place du disque."
    ),
    "upkeep.folder_open": _(
        "Le dossier %(folder)s est ouvert aux autres comptes de la machine (%(mode)s)\u00a0: chmod -R go= %(folder)s"
    ),
    "upkeep.jobs_failed": _failed,
    "upkeep.jobs_in_requests": _("AAP_IMMEDIATE_JOBS est actif\u00a0: ce réglage est pour les tests, videz-le."),
    "upkeep.keys_open": _(
        "Le fichier des clés %(file)s est ouvert à d’autres comptes de la machine (%(mode)s)\u00a0: chmod 0600 %(file)s"
    ),
    "upkeep.keys_sound": _keys_sound,
    "upkeep.little_room": _little_room,
    "upkeep.log_broken": _log_broken,
    "upkeep.log_whole": _log_whole,
    "upkeep.mail_password_refused": _(
        "%(server)s refuse le nom ou le mot de passe\u00a0: voyez AAP_SMTP_USER et AAP_SMTP_PASSWORD."
    ),
    "upkeep.mail_server_answers": _("%(server)s répond."),
    "upkeep.mail_server_silent": _(
        "%(server)s n’accepte pas le courrier (%(reason)s)\u00a0: voyez AAP_SMTP_HOST, AAP_SMTP_PORT, AAP_SMTP_TLS et le "
        "pare-feu."
    ),
    "upkeep.mails_given_up": _given_up,
    "upkeep.mails_into_a_folder": _(
        "Les courriels sont écrits dans %(folder)s, personne ne les reçoit\u00a0: pour les envoyer, réglez AAP_SMTP_HOST."
    ),
    "upkeep.no_backup_yet": _("Aucune sauvegarde n’a été faite\u00a0: lancez aap backup, chaque jour."),
    "upkeep.no_room": _no_room,
    "upkeep.no_zone": _("L’heure de Paris est inconnue ici\u00a0: installez tzdata."),
    "upkeep.no_worker": _(
        "Aucun processus de fond n’a encore tourné\u00a0: lancez aap serve (ou aap worker), sans lui rien ne part."
    ),
    "upkeep.not_in_production": _(
        "AAP_ENVIRONMENT est %(environment)s\u00a0: mettez production là où de vraies personnes déposent des dossiers."
    ),
    "upkeep.notices_empty": _notices,
    "upkeep.owned_by_others": _owned_by_others,
    "upkeep.password_in_clear": _("Le mot de passe part en clair vers %(host)s\u00a0: réglez AAP_SMTP_TLS."),
    "upkeep.proxies_not_counted": _(
        "AAP_TRUSTED_PROXIES est 0, et %(address)s passe par un mandataire (nginx)\u00a0: tous ses visiteurs compteraient pour "
        "une seule adresse. Mettez le nombre de vos mandataires."
    ),
    "upkeep.proxy_not_trusted": _(
        "Une demande est passée par un mandataire le %(at)s, et AAP_TRUSTED_PROXIES est 0\u00a0: tous ses visiteurs comptent "
        "pour une seule adresse. Mettez le nombre de vos mandataires."
    ),
    "upkeep.published_secret": _(
        "AAP_SECRET_KEY est celle qui est publiée avec le logiciel\u00a0: chacun peut forger une session. Donnez-en une "
        "(openssl rand -hex 32)."
    ),
    "upkeep.register_answers": _register_answers,
    "upkeep.register_silent": _register_silent,
    "upkeep.room": _room,
    "upkeep.rows_beside_log": _rows_beside_log,
    "upkeep.rows_without_owner": _rows,
    "upkeep.secrets_closed": _secrets_closed,
    "upkeep.secrets_of_older_keys": _secrets_of_older_keys,
    "upkeep.sender_of_an_example": _(
        "L’expéditeur des courriels est %(sender)s\u00a0: mettez dans AAP_MAIL_SENDER une adresse de votre domaine."
    ),
    "upkeep.settings_sound": _("Sans contradiction, pour %(address)s."),
    "upkeep.tries_without_limit": _(
        "AAP_RATE_LIMIT est coupé\u00a0: rien n’arrête qui devine des mots de passe. Remettez-le."
    ),
    "upkeep.worker_silent": _(
        "Le processus de fond ne donne plus signe depuis le %(since)s\u00a0: voyez les journaux de aap serve, puis relancez-le."
    ),
    "upkeep.work_gets_on": _("En attente\u00a0: courriels %(mails)s, travaux %(jobs)s\u00a0; rien n’a échoué."),
    "upkeep.work_late": _(
        "Quelque chose attend depuis le %(since)s\u00a0: le processus de fond ne tourne pas, ou n’avance pas. Voyez les journaux "
        "de aap serve (ou de aap worker), puis relancez-le."
    ),
}
