"""Reviewers' sentences by criterion and level: `low` (below 2), `fair` (2 to 3), `good` (3.5, 4), `high` (4.5, 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Level = Literal["low", "fair", "good", "high"]

VERDICTS: Mapping[str, Mapping[Level, tuple[str, ...]]] = {
    "quality": {
        "low": ("Les actions restent des intentions : on ne sait pas qui fait quoi.", "Le dossier parle d’activités plus que de mentorat.", "Le rythme des rencontres n’est pas donné ; le suivi des binômes est absent.", "Description trop courte pour juger de la qualité des binômes."),
        "fair": ("Le projet se comprend, mais une étape manque entre la rencontre et la fin du binôme.", "Des actions plausibles, décrites de façon inégale.", "La formation des mentors est prévue, le suivi l’est moins.", "Bonne idée d’ensemble, calendrier peu précis."),
        "good": ("Le chemin du jeune et celui du mentor sont clairs.", "Actions précises, déjà éprouvées par l’équipe.", "Formation et suivi des mentors bien pensés.", "Un projet concret, avec un rythme de rencontres tenable."),
        "high": ("Démarche exemplaire, documentée de bout en bout.", "Chaque étape est décrite, évaluée et corrigée ; d’autres pourraient la reprendre.", "Le meilleur descriptif d’actions que j’aie lu dans ce lot.", "Rien n’est laissé au hasard : recrutement, formation, protection, sortie du binôme."),
    },
    "reach": {
        "low": ("Rien n’est prévu pour aller vers les jeunes.", "Le public visé est cité, non rencontré.", "On attend que les jeunes viennent d’eux-mêmes.", "Aucun chiffre sur les jeunes réellement touchés."),
        "fair": ("Des orienteurs sont nommés, sans engagement chiffré.", "L’effectif annoncé paraît élevé au regard des partenaires.", "La part de jeunes éloignés n’est pas étayée.", "L’intention est bonne ; les moyens d’aller vers les jeunes sont légers."),
        "good": ("Les lieux et les personnes qui adressent les jeunes sont identifiés.", "Démarche d’aller vers crédible, avec un suivi des abandons.", "Des effectifs cohérents avec les conventions citées.", "L’équipe connaît son public et sait le retrouver quand il décroche."),
        "high": ("Le projet atteint déjà des jeunes que personne ne suit, chiffres à l’appui.", "Aller vers remarquable : présence régulière, pairs salariés, commission de situations.", "Les abandons sont comptés, expliqués et traités : c’est rare.", "Public très éloigné, réellement rencontré."),
    },
    "solidity": {
        "low": ("Le budget dépend presque entièrement de la subvention.", "L’équipe n’est pas constituée et les comptes sont peu lisibles.", "Structure fragile : je doute qu’elle tienne ce calendrier.", "Personne n’est clairement chargé du projet."),
        "fair": ("Trésorerie courte, mais gestion honnête.", "Équipe réduite ; un départ mettrait le projet en difficulté.", "Budget équilibré, hypothèses de cofinancement à confirmer.", "L’association est jeune dans ce métier."),
        "good": ("Comptes équilibrés, équipe identifiée, gouvernance active.", "Financements variés et budget cohérent avec les actions.", "L’association a déjà conduit un projet de cette taille.", "Organisation claire, risques anticipés."),
        "high": ("Gestion exemplaire, contrôlée, avec une comptabilité par projet.", "L’association peut grandir sans danger pour ce qui existe.", "Cofinancements acquis et équipe stable : aucune inquiétude.", "Gouvernance ouverte aux jeunes, comptes irréprochables."),
    },
    "territory": {
        "low": ("Aucun partenaire engagé ; le territoire est à peine nommé.", "Le besoin local n’est pas montré.", "On ne voit pas ce qui existe déjà autour du projet."),
        "fair": ("Quelques partenaires envisagés, peu d’accords signés.", "Le besoin du territoire est affirmé plus que démontré.", "Ancrage réel, mais peu de coordination avec les autres acteurs."),
        "good": ("Besoin montré et partenaires principaux d’accord.", "Bonne complémentarité avec les dispositifs présents.", "Des accords signés, des rôles répartis."),
        "high": ("Les acteurs du territoire portent le projet ensemble.", "Le projet comble un manque reconnu par tous.", "Ancrage remarquable : chaque partenaire apporte quelque chose."),
    },
    "evaluation": {
        "low": ("Pas d’indicateur utile.", "L’évaluation se réduit à un bilan de fin d’année."),
        "fair": ("Des indicateurs, mais sans valeur de départ.", "La source des mesures n’est pas toujours donnée."),
        "good": ("Indicateurs mesurables, suivi après la sortie.", "Méthode d’évaluation simple et praticable."),
        "high": ("Évaluation rigoureuse, dont les résultats ont déjà servi.", "Mesure de l’effet à douze mois : très solide."),
    },
    "artistic": {
        "low": ("Le propos reste un thème ; je ne vois pas d’œuvre.", "La forme n’est pas décrite, l’équipe à peine.", "Un sujet convenu, sans point de vue."),
        "fair": ("Propos clair, forme encore à trouver.", "L’intention touche, mais l’écriture n’est pas montrée.", "Une équipe qui convient, un projet qui se cherche."),
        "good": ("Une forme pensée pour son sujet, portée par une équipe solide.", "Écriture singulière, essais convaincants.", "La matière recueillie est belle et l’on voit ce qui en sera fait."),
        "high": ("Une nécessité évidente, une maîtrise rare.", "La proposition la plus forte de mon lot.", "Tout se tient : le sujet, la forme, les artistes, le lieu."),
    },
    "presence": {
        "low": ("Des dates dans des lieux déjà bien pourvus, sans travail avec les habitants.", "La rencontre se limite à un échange après la représentation."),
        "fair": ("Une commune peu équipée, mais un temps court.", "Des ateliers annoncés, sans calendrier.", "La présence est réelle, la mobilité du public n’est pas traitée."),
        "good": ("Un temps long dans des communes sans équipement.", "Les habitants sont associés avant, pendant et après.", "Les publics éloignés sont nommés et les partenaires d’accord."),
        "high": ("Le projet naît du territoire et lui revient.", "Des habitants à chaque étape : exemplaire."),
    },
    "cooperation": {
        "low": ("Des partenaires cités, aucun engagement.", "Une seule lettre, qui n’engage à rien."),
        "fair": ("Un lieu engagé, les autres envisagés.", "Coopération de circonstance, à consolider."),
        "good": ("Plusieurs lieux engagés par écrit, avec des apports.", "Les communes voisines mettent du temps et de l’argent."),
        "high": ("Une coopération ancienne, dont ce projet est une étape.", "Cinq partenaires, cinq apports précis."),
    },
    "budget": {
        "low": ("Rémunérations sous les minimums.", "Des postes manquent : ni transport ni logement."),
        "fair": ("Équilibré, mais les recettes propres paraissent hautes.", "À revoir : la part des coproductions n’est pas acquise."),
        "good": ("Budget précis, salaires conformes.", "La moitié des recettes est confirmée."),
        "high": ("Budget exact, presque entièrement confirmé.", "Rien à redire."),
    },
}  # fmt: skip

# What the reviewer adds, with facts of the dossier; it must fit any criterion of its row.
REMARKS: Mapping[str, Mapping[Level, tuple[str, ...]]] = {
    "quality": {
        "low": ("Rien ne dit comment {jeunes} binômes seraient suivis.", "La protection des jeunes mériterait mieux que quelques lignes.", "À retravailler avec une association plus expérimentée."),
        "fair": ("Comment seront suivis les {jeunes} binômes annoncés ?", "Les actions collectives prennent le pas sur le rendez-vous à deux.", "La protection des jeunes est à préciser dans la convention."),
        "good": ("Le passage à {jeunes} jeunes paraît à la portée de l’équipe.", "J’apprécie le choix du mentor laissé au jeune.", "La durée prévue, {mois} mois, convient au public."),
        "high": ("Le passage à {jeunes} jeunes est préparé.", "La parole des jeunes traverse tout le dossier.", "La formation des mentors pourrait servir de modèle au réseau."),
    },
    "reach": {
        "low": ("{jeunes} jeunes : d’où viendront-ils ?", "Le lien avec {orienteur} n’est pas établi.", "Les {nus} demandent une autre approche."),
        "fair": ("Le rôle de {orienteur} est à préciser.", "Je n’ai pas trouvé le nombre de {nus} déjà accompagnés.", "À vérifier auprès de {orienteur}."),
        "good": ("Le travail avec {orienteur} est concret.", "Les {nus} forment bien le cœur du projet.", "L’objectif de {jeunes} jeunes est réaliste."),
        "high": ("Le partenariat avec {orienteur} est exemplaire.", "Les {nus} sont associés à la conduite du projet.", "{jeunes} jeunes : l’objectif est ambitieux et tenu les années passées."),
    },
    "solidity": {
        "low": ("La demande est élevée au regard du budget de l’association.", "À accompagner avant tout financement."),
        "fair": ("Demander un point de trésorerie avant le premier versement.", "Les charges de personnel du projet sont à détailler."),
        "good": ("Le budget du projet se lit facilement.", "Le bénévolat est valorisé avec mesure."),
        "high": ("Un budget que l’on aimerait lire plus souvent.", "La part demandée à l’État est raisonnable."),
    },
    "territory": {
        "low": ("Rien sur ce qui se fait déjà {ville_a}.",),
        "fair": ("Le lien avec {partenaire} reste à formaliser.", "Que font les autres acteurs {dept} ?"),
        "good": ("L’accord avec {partenaire} compte beaucoup {ville_a}.", "Le besoin {dept} est bien documenté."),
        "high": ("{Dept}, ce projet manquait.", "{Ville_a}, tout le monde y contribue."),
    },
    "evaluation": {
        "low": ("À revoir.",),
        "fair": ("À compléter dans la convention.",),
        "good": ("À poursuivre.",),
        "high": ("À faire connaître.",),
    },
    "artistic": {
        "low": ("À reprendre après un premier essai devant un public.",),
        "fair": ("J’aurais aimé lire une page de texte ou voir un croquis.", "{semaines} de répétition, est-ce assez ?"),
        "good": ("Les documents joints donnent envie.", "Le travail avec {artistes} est crédible."),
        "high": ("À suivre de près.", "On voit déjà l’œuvre."),
    },
    "presence": {
        "low": ("Que se passe-t-il {bourg_a} ?",),
        "fair": ("Le rôle des habitants est à préciser.", "Comment viendront ceux qui ne conduisent pas ?"),
        "good": ("Le choix de travailler {bourg_a} est juste.", "Le retour prévu après six mois est une bonne idée."),
        "high": ("{Bourg_a}, cela comptera.",),
    },
    "cooperation": {
        "low": ("À construire avant toute demande.",),
        "fair": ("Il manque l’accord de la commune.",),
        "good": ("L’accord avec {lieu} pèse dans ma note.",),
        "high": ("Un modèle pour les communes voisines.",),
    },
    "budget": {
        "low": ("À refaire.",),
        "fair": ("Demander un plan de financement actualisé.",),
        "good": ("La part demandée est raisonnable.",),
        "high": ("Un budget que l’on comprend à la première lecture.",),
    },
}  # fmt: skip

SUMMARIES: Mapping[Level, tuple[str, ...]] = {
    "low": ("Projet trop peu préparé pour être soutenu cette année.", "Je ne recommande pas ce dossier en l’état.", "À revoir avec l’appui du service."),
    "fair": ("Projet utile, dossier inégal.", "À soutenir si les crédits le permettent, avec des conditions.", "Un potentiel réel, des points à éclaircir."),
    "good": ("Un bon projet, que je soutiens.", "Dossier sérieux, équipe crédible.", "À retenir ; quelques précisions à demander."),
    "high": ("À retenir sans hésiter.", "L’un des meilleurs dossiers que j’aie lus.", "Projet remarquable, à faire connaître."),
}  # fmt: skip
