"""Sentences of the dossiers about the project: need, summary, actions, mentors, protection.

A text is a sequence of slots; a slot offers sentences of a strong dossier and sentences of a weak one. Names between
braces are filled in by `aap.demo.storytelling`.
"""

from __future__ import annotations

Slot = tuple[tuple[str, ...], tuple[str, ...]]

NEED: tuple[Slot, ...] = (
    (
        (
            "{Dept}, près d’un jeune sur {sur} quitte le lycée sans savoir vers qui se tourner : c’est le constat du diagnostic que nous avons mené {ville_a} avec {orienteur}.",
            "L’enquête conduite en 2024 auprès de {enquete} familles {ville_de} le montre : les {nus} connaissent peu d’adultes en dehors de leurs proches et de leurs enseignants.",
            "Depuis trois ans, {orienteur} nous signale chaque automne une cinquantaine de {nus} sans solution, et nous n’en accueillons qu’un tiers.",
            "{Ville_a}, le premier centre d’information des jeunes est à {minutes} minutes de transport ; les {nus} y vont rarement et presque jamais deux fois.",
            "Les chiffres de {orienteur} sont nets : parmi les {nus} suivis l’an dernier, plus de la moitié n’avaient personne à appeler en cas de coup dur.",
            "Le portrait social du département l’établit : {dept}, l’écart d’accès aux études entre les communes s’est creusé depuis 2019, et les {nus} le subissent les premiers.",
        ),
        (
            "Les {nus} ont besoin d’être aidés, et notre territoire manque de solutions.",
            "Beaucoup de jeunes {ville_de} sont en difficulté aujourd’hui.",
            "Nous constatons chaque jour que les {nus} ne trouvent pas leur place.",
        ),
    ),
    (
        (
            "Les dispositifs présents s’arrêtent à la fin de l’année scolaire ou demandent de se déplacer en ville ; aucun ne propose un adulte qui reste.",
            "Le soutien scolaire existe, mais il ne répond ni à la solitude, ni au manque de réseau, ni à la peur de se tromper d’orientation.",
            "Deux autres associations proposent du mentorat à plus de {minutes} minutes : nous nous sommes réparti les communes avec elles.",
            "Les éducateurs que nous avons rencontrés disent tous la même chose : il manque quelqu’un qui ne soit ni un parent, ni un professionnel.",
            "Le programme de réussite éducative suit les plus jeunes ; après 16 ans, il n’y a plus d’interlocuteur {ville_a}.",
            "Les mesures d’accompagnement prennent fin au moment où ces jeunes en auraient le plus besoin : à la majorité, au premier échec, au déménagement.",
        ),
        (
            "Il existe peu de choses près de chez eux.",
            "Les autres structures font un travail différent du nôtre.",
        ),
    ),
    (
        (
            "Un jeune de notre conseil de projet le résume ainsi : « On m’a donné vingt brochures, jamais un numéro de téléphone. »",
            "Nous avons donc écrit ce projet avec onze jeunes et six mentors, réunis quatre samedis de l’automne dernier.",
            "C’est ce lien durable, avec un adulte choisi, que le projet veut créer.",
            "Le mentorat répond précisément à ce manque : une personne, un rendez-vous, dans la durée.",
            "Nos {anciens} anciens binômes nous le disent : c’est la régularité du rendez-vous qui a changé quelque chose.",
        ),
        (
            "Le mentorat nous paraît une bonne réponse.",
            "Nous voulons donc agir pour eux.",
        ),
    ),
)

SUMMARY: tuple[Slot, ...] = (
    (
        (
            "D’ici à décembre 2025, {jeunes} {nus} auront chacun un mentor bénévole, formé et suivi, qu’ils verront au moins {rythme}.",
            "Le projet forme {jeunes} binômes entre des {nus} et des bénévoles {ville_de} et des communes voisines, pour {mois} mois au moins.",
            "Nous accompagnerons {jeunes} {nus} {dept} : un mentor pour chacun, un rendez-vous {rythme}, trois temps collectifs dans l’année.",
            "{jeunes} jeunes, {mentors} mentors, {mois} mois : le projet met en relation des {nus} avec des adultes qui connaissent les études et les métiers qui les tentent.",
        ),
        (
            "Nous voulons accompagner {jeunes} jeunes grâce à des bénévoles.",
            "Le projet consiste à proposer du mentorat à {jeunes} {nus}.",
        ),
    ),
    (
        (
            "Les jeunes nous sont adressés par {orienteur} et par {partenaire} ; chacun choisit son mentor après deux rencontres.",
            "Les binômes se forment lors de soirées organisées dans les locaux de {partenaire}, puis se retrouvent là où le jeune se sent bien : médiathèque, café associatif, atelier, bureau du mentor.",
            "Chaque binôme écrit ses propres objectifs, revus au troisième et au sixième mois avec la personne de l’équipe qui le suit.",
            "Une coordinatrice appelle chaque jeune et chaque mentor une fois par mois, séparément, et réunit les mentors tous les deux mois.",
            "Avec {partenaire}, nous ouvrons aux jeunes des visites d’entreprises et des immersions de deux jours.",
        ),
        (
            "Les binômes se verront selon leurs disponibilités.",
            "Des activités variées seront proposées au fil de l’année.",
        ),
    ),
    (
        (
            "À la fin, chaque jeune aura un projet écrit, une expérience à faire valoir et trois personnes de plus dans son carnet d’adresses.",
            "Nous visons {reussite} % de jeunes en formation, en emploi ou en service civique six mois après la fin du binôme.",
            "Ce qui doit avoir changé : la confiance pour prendre la parole, la connaissance de deux métiers au moins, une démarche menée jusqu’au bout.",
            "Le projet sera réussi si neuf binômes sur dix passent le cap des six mois et si un ancien jeune sur dix devient mentor à son tour.",
        ),
        (
            "Nous espérons que les jeunes reprendront confiance en eux.",
            "Le projet permettra d’améliorer la situation des jeunes.",
        ),
    ),
)

ACTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Rencontrer les jeunes et former les binômes", (
        "Nous tenons une permanence {frequence} dans les locaux de {orienteur}. Le jeune rencontre deux mentors avant de choisir ; le binôme signe une charte courte, écrite avec d’anciens jeunes.",
        "Des soirées « premier pas » réunissent dix jeunes et dix mentors {ville_a}. L’équipe propose les binômes dans la semaine, en tenant compte des trajets et des envies de chacun.",
        "Entretien d’une heure avec chaque jeune, dans les locaux de {orienteur} ou au local, puis mise en relation en moins de trois semaines : au-delà, l’expérience montre que l’envie retombe.",
    )),
    ("Former et suivre les mentors", (
        "Deux soirées avant le premier rendez-vous (posture, écoute, limites, signalement), puis un atelier tous les deux mois sur un cas apporté par les mentors.",
        "Une formation de six heures en deux fois, animée avec {partenaire} ; un appel de la coordination au premier, au troisième et au sixième mois ; un groupe d’entraide entre mentors.",
        "Parcours en trois temps : découverte, prise de poste, approfondissement. Les mentors expérimentés parrainent les nouveaux.",
    )),
    ("Ouvrir les lieux et les métiers", (
        "Six visites et douze immersions de deux jours dans les locaux de {partenaire} et dans des entreprises {ville_de} ; le mentor prépare la visite avec le jeune et en reparle après.",
        "Un samedi par mois, un lieu s’ouvre aux binômes : atelier, exploitation, tribunal, théâtre, laboratoire. Les jeunes choisissent le programme.",
        "Chaque jeune mène trois entretiens avec des professionnels du réseau des mentors ; l’équipe prend en charge les déplacements.",
    )),
    ("Lever les obstacles du quotidien", (
        "Un fonds de {fonds} € paie un trajet, une tenue, une inscription, sur simple accord de la coordination ; {partenaire} prend le relais pour le logement et la santé.",
        "Minibus partagé avec {partenaire}, prêt d’ordinateurs, garde d’enfants lors des temps collectifs : ce qui empêche de venir est traité avant tout le reste.",
        "Permanence d’accès aux droits une fois par mois, avec une assistante sociale mise à disposition par {partenaire}.",
    )),
    ("Faire vivre le groupe", (
        "Trois journées collectives dans l’année, préparées par un comité de jeunes : accueil en septembre, mi-parcours, fête des binômes.",
        "Un séjour de deux jours et deux soirées débat réunissent tous les binômes ; les jeunes en tiennent le budget avec l’équipe.",
        "Un journal des binômes, écrit et mis en page par les jeunes, paraît chaque trimestre avec l’aide de {partenaire}.",
    )),
    ("Préparer la suite", (
        "Trois mois avant la fin du binôme, un point à trois fixe ce que devient la relation. Les jeunes qui le souhaitent sont formés à devenir mentors.",
        "Un entretien de sortie, puis un appel à six et à douze mois. Le réseau des anciens se retrouve deux fois par an {ville_a}.",
        "Atelier « ma suite » avec {orienteur} : chaque jeune repart avec une étape datée et une personne à qui la raconter.",
    )),
)  # fmt: skip

WEAK_ACTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mise en relation", (
        "Nous mettrons les jeunes en contact avec des bénévoles.",
        "Les jeunes qui le demandent rencontreront un mentor selon les disponibilités.",
    )),
    ("Sorties et ateliers", (
        "Des sorties et des ateliers seront organisés tout au long de l’année.",
        "Nous proposerons des activités culturelles et sportives aux jeunes.",
    )),
    ("Communication", (
        "Nous ferons connaître le projet par des affiches et sur les réseaux sociaux.",
        "Une campagne d’information sera menée pour trouver des bénévoles.",
    )),
)  # fmt: skip

MENTORS: tuple[Slot, ...] = (
    (
        (
            "Les mentors viennent de trois cercles : les entreprises partenaires, les retraités {ville_de}, les anciens jeunes du programme.",
            "Nous recrutons par le bouche-à-oreille et par {partenaire} : {recrues} candidatures l’an dernier, une sur deux retenue après entretien.",
            "Chaque candidat passe un entretien d’une heure à deux voix, l’un des deux recruteurs étant lui-même mentor.",
            "Un appel à mentors est lancé deux fois par an avec la presse locale et les communes ; il nous a donné {mentors} mentors actifs.",
        ),
        (
            "Nous chercherons des bénévoles par annonces.",
            "Les mentors seront recrutés parmi nos connaissances.",
        ),
    ),
    (
        (
            "La formation initiale dure six heures : le cadre, l’écoute, les situations difficiles, le signalement. Personne ne rencontre un jeune avant de l’avoir suivie.",
            "Deux soirées de formation précèdent le premier rendez-vous ; elles s’appuient sur des cas réels et sur un livret que nous mettons à jour chaque année.",
            "Formation en binôme avec un mentor expérimenté, puis module en ligne du réseau national : neuf mentors sur dix l’ont suivi en 2024.",
            "Les mentors qui accompagnent des {nus} reçoivent une journée de plus, animée par {partenaire}.",
        ),
        (
            "Une réunion d’information est prévue pour les mentors.",
            "Les mentors pourront nous appeler s’ils ont des questions.",
        ),
    ),
    (
        (
            "La coordination suit {parcours} binômes par personne ; elle appelle le jeune et le mentor chaque mois et note ce qu’il faut reprendre.",
            "Un carnet de bord en ligne tient trace des rendez-vous ; sans nouvelle depuis trois semaines, nous appelons.",
            "Toutes les six semaines, un groupe d’analyse de pratiques réunit les mentors avec une psychologue.",
            "Quand un binôme ne prend pas, nous le disons tôt : un autre mentor est proposé dans le mois. Cela arrive une fois sur dix.",
        ),
        (
            "Un bilan sera fait avec les mentors en fin d’année.",
            "Le suivi se fera par courriel.",
        ),
    ),
    (
        (
            "À la fin, le mentor est reçu à son tour : ce qu’il a appris sert à corriger la formation.",
            "Un mentor sur trois repart pour un second binôme, ce qui nous donne un noyau de personnes sûres.",
            "Le temps donné par les mentors est valorisé dans le budget (comptes 864 et 870), à raison de trois heures par mois.",
        ),
        ("Nous les remercierons lors d’un moment convivial.",),
    ),
)

PROTECTION: tuple[Slot, ...] = (
    (
        (
            "Tout mentor présente une pièce d’identité et un extrait de casier judiciaire ; pour les mineurs, l’honorabilité est contrôlée avec le service départemental à la jeunesse.",
            "Trois vérifications avant le premier rendez-vous : identité, casier judiciaire, deux références appelées par téléphone.",
            "Nous appliquons le contrôle d’honorabilité à tous les intervenants, bénévoles compris, et le renouvelons chaque année.",
        ),
        (
            "Nous connaissons bien nos bénévoles.",
            "Une charte sera signée.",
        ),
    ),
    (
        (
            "Les trois premières rencontres ont lieu dans un lieu public ou au local ; jamais au domicile du mentor.",
            "Les échanges en ligne passent par un outil que l’équipe peut consulter, et les mineurs ne donnent pas leur numéro.",
            "La charte fixe les lieux, les horaires, l’argent, les réseaux sociaux ; jeune, mentor et parents la signent.",
        ),
        (
            "Les rencontres se feront dans des lieux adaptés.",
            "Nous ferons attention aux conditions de rencontre.",
        ),
    ),
    (
        (
            "Une personne référente, nommée par le conseil d’administration, reçoit les alertes ; la marche à suivre pour un signalement tient en une page que chacun a reçue.",
            "Deux administratrices formées par la cellule départementale de recueil des informations préoccupantes traitent les alertes dans la journée.",
            "Un numéro est ouvert aux jeunes sept jours sur sept ; il a servi quatre fois en 2024, dont une fois pour un signalement.",
        ),
        ("En cas de problème, l’équipe avisera.",),
    ),
)
