"""Sentences of the dossiers about the association, the young people, the team and the measure of effects."""

from __future__ import annotations

from aap.demo.texts.project import Slot

PRESENTATION: tuple[Slot, ...] = (
    (
        (
            "Fondée en {annee} par des enseignants et des parents {ville_de}, {asso} accompagne des jeunes qui n’ont pas de réseau.",
            "{Asso} est née en {annee} d’un café associatif {ville_a} ; le mentorat en est devenu l’activité principale.",
            "Depuis {annee}, {asso} relie les générations {dept} : {benevoles} bénévoles y donnent de leur temps.",
            "Créée en {annee} à l’initiative d’éducateurs et de chefs d’entreprise, {asso} agit {ville_a} et dans les communes voisines.",
            "Association d’éducation populaire fondée en {annee}, {asso} a son siège {ville_a}.",
        ),
        (
            "{Asso} est une association {ville_de} créée en {annee}.",
            "Notre association existe depuis {annee} et mène diverses activités pour les jeunes.",
        ),
    ),
    (
        (
            "Elle anime aussi un accueil de loisirs, des ateliers de français et un prêt de vélos, qui nous font connaître des familles.",
            "Nous avons accompagné {anciens} binômes depuis le début, dont plus de la moitié au-delà d’un an.",
            "Le conseil d’administration compte douze membres, dont trois anciens jeunes du programme, et se réunit chaque mois.",
            "Son budget est passé en quatre ans de moitié à sa taille présente, sans déficit, grâce à des financements variés.",
            "Nous tenons une permanence d’écoute, un atelier d’orientation et un réseau de familles d’accueil.",
            "L’association emploie {salaries_texte} et s’appuie sur des comités locaux de bénévoles.",
        ),
        (
            "Nous organisons des événements et des sorties.",
            "Notre équipe est motivée et proche du terrain.",
        ),
    ),
    (
        (
            "C’est en voyant des jeunes revenir seulement pour parler que nous avons structuré le mentorat.",
            "Le mentorat est venu d’une demande de {orienteur}, qui cherchait un relais après 16 ans.",
            "Nous sommes venus au mentorat en 2020, avec vingt binômes formés en quelques semaines ; quinze durent encore.",
            "Le projet prolonge dix ans de parrainage informel et lui donne un cadre, une formation et une évaluation.",
        ),
        (
            "Nous souhaitons maintenant développer le mentorat.",
            "Le mentorat est pour nous une nouvelle activité.",
        ),
    ),
)

REACHING: tuple[Slot, ...] = (
    (
        (
            "Les jeunes nous sont adressés par {orienteur}, avec qui une convention fixe {adresses} orientations par an.",
            "Une équipe de deux personnes va là où sont les jeunes : pied d’immeuble, arrêt de car, marché, stade. C’est ainsi que nous avons rencontré {part} % d’entre eux.",
            "Les {nus} ne poussent pas notre porte : c’est nous qui allons dans les locaux de {orienteur}, chaque semaine, à heure fixe.",
            "Trois anciens jeunes, salariés à mi-temps comme « ambassadeurs », font le premier contact : on leur fait confiance plus vite qu’à nous.",
            "Avec {orienteur} et {partenaire}, une commission se réunit chaque mois ; elle nous confie les situations que personne ne suit.",
        ),
        (
            "Les jeunes viendront par le bouche-à-oreille.",
            "Nous communiquerons sur les réseaux sociaux pour toucher les jeunes.",
            "Les jeunes intéressés pourront s’inscrire sur notre site.",
        ),
    ),
    (
        (
            "Le premier rendez-vous ne demande ni papier ni projet ; on y parle de ce qui plaît, et le jeune repart avec une date.",
            "Nous prenons le temps : quatre rencontres en moyenne avant qu’un jeune accepte un mentor.",
            "Les familles sont reçues à part, dans leur langue quand nous le pouvons ; leur accord change tout.",
            "Les trajets sont payés, les horaires fixés avec le jeune, le lieu choisi par lui.",
        ),
        (
            "L’accueil se fait à notre local aux heures d’ouverture.",
            "Nous saurons créer un climat de confiance.",
        ),
    ),
    (
        (
            "Quand un jeune ne vient plus, le mentor écrit, la coordination appelle, puis {orienteur} prend le relais : en 2024, deux sur trois sont revenus.",
            "Une absence est signalée sous 48 heures. Après trois semaines, nous allons vers le jeune ; la porte reste ouverte un an.",
            "Nous comptons les abandons ({abandons} % en 2024) et en cherchons la cause avec chaque jeune : souvent un déménagement, parfois un binôme mal formé.",
            "Les ruptures sont prévues dès la formation des mentors : on y apprend à relancer sans insister.",
        ),
        (
            "Si un jeune abandonne, nous le rappellerons.",
            "Nous comptons sur la motivation des jeunes.",
        ),
    ),
    (
        (
            "Au total, {part} % des jeunes accompagnés en 2024 relevaient d’un public prioritaire ; nous visons dix points de plus.",
            "Nos chiffres de 2024 : deux tiers de {nus}, autant de filles que de garçons, un âge médian de {age} ans.",
            "Le fichier anonyme tenu avec {orienteur} permet de vérifier, chaque trimestre, que nous touchons bien ceux que nous visons.",
        ),
        ("Nous n’avons pas encore de chiffres précis.",),
    ),
)

ADAPTATIONS: tuple[Slot, ...] = (
    (
        (
            "Chaque binôme est préparé avec le jeune, sa famille et l’établissement médico-social : on y convient des mots, des lieux, de la durée des rencontres.",
            "Tous les lieux de rendez-vous sont accessibles ; une carte en a été faite avec des jeunes en fauteuil.",
            "Les documents existent en facile à lire et à comprendre, et les ateliers avec un interprète en langue des signes.",
        ),
        ("Nous nous adapterons à chaque situation.", "Nos locaux sont au rez-de-chaussée."),
    ),
    (
        (
            "Les mentors suivent une journée sur les troubles du neurodéveloppement et le handicap psychique, avec des personnes concernées.",
            "Un ergothérapeute et une enseignante spécialisée répondent aux mentors deux fois par mois.",
            "Un service de transport adapté est réservé et compté dans le budget.",
            "Le rythme est plus souple : séances courtes, visio possible, binômes à trois quand le jeune le souhaite.",
        ),
        ("Les mentors seront sensibilisés.",),
    ),
)

TEAM: tuple[Slot, ...] = (
    (
        (
            "{Chef}, {fonction}, conduit le projet ; cette personne y consacre {temps} % de son temps.",
            "Le projet est porté par {Chef}, {fonction}, avec {equipe}.",
            "{Chef} ({fonction}) coordonne ; {equipe} assurent le suivi des binômes.",
        ),
        ("{Chef} s’occupera du projet.", "Le bureau suivra le projet."),
    ),
    (
        (
            "Un comité de suivi réunit chaque trimestre {partenaire}, {orienteur}, deux mentors et deux jeunes.",
            "Le comité de pilotage, présidé par une personnalité extérieure, examine les comptes et les indicateurs trois fois par an.",
            "Le conseil d’administration inscrit le projet à chaque ordre du jour et en suit la trésorerie.",
        ),
        ("Des réunions auront lieu régulièrement.",),
    ),
    (
        (
            "Le trésorier et un cabinet comptable tiennent une comptabilité analytique par projet.",
            "Deux personnes sont formées à chaque tâche, pour qu’un départ n’arrête rien.",
            "L’équipe suit une formation commune de trois jours par an avec le réseau national.",
        ),
        ("L’équipe sera complétée si nous obtenons la subvention.",),
    ),
)

RISKS: tuple[Slot, ...] = (
    (
        (
            "Premier risque : manquer de mentors. Nous gardons une réserve de vingt personnes formées et n’ouvrons pas de binôme sans elle.",
            "La difficulté la plus probable est le départ d’une coordinatrice ; les dossiers sont partagés et un remplacement est prévu sous un mois.",
            "Le recrutement des mentors ralentit l’été : nous formons en mai et en septembre, jamais en juillet.",
        ),
        ("Nous ne voyons pas de difficulté particulière.", "Il faudra trouver assez de bénévoles."),
    ),
    (
        (
            "Si un cofinancement tarde, le conseil d’administration a voté une avance de trésorerie de trois mois.",
            "Si {orienteur} nous adresse moins de jeunes que prévu, l’accord avec {partenaire} prend le relais.",
            "Si les abandons dépassent 15 %, nous suspendons les nouvelles mises en relation et revoyons la formation des binômes.",
        ),
        ("Nous nous adapterons.",),
    ),
)

EVALUATION: tuple[Slot, ...] = (
    (
        (
            "Un questionnaire court, le même au début, à six mois et à la sortie, mesure la confiance, le réseau et les projets ; {reponse} % des jeunes y ont répondu en 2024.",
            "Nous suivons la situation des jeunes à la sortie, puis six et douze mois après, avec l’accord de chacun.",
            "Une équipe de l’université nous aide à comparer les jeunes accompagnés à ceux de la liste d’attente.",
        ),
        ("Nous ferons un questionnaire de satisfaction.", "Un bilan sera rédigé en fin d’année."),
    ),
    (
        (
            "Douze entretiens par an, menés par une personne extérieure, disent ce que les chiffres ne disent pas.",
            "Les résultats sont discutés avec les jeunes et les mentors lors d’une journée de bilan, puis publiés sur notre site.",
            "Ce que nous avons changé après l’évaluation de 2024 : la durée de la formation, le nombre de binômes suivis par personne, les horaires.",
        ),
        ("Les résultats nous permettront de nous améliorer.",),
    ),
)

TRAJECTORY: tuple[Slot, ...] = (
    (
        (
            "En 2026, deux nouvelles antennes ouvrent avec {partenaire} ; en 2027, elles ont leur propre équipe de bénévoles.",
            "Nous passons de {jeunes} jeunes en 2025 à {jeunes_2027} en 2027, à raison d’un recrutement par année.",
            "La croissance suit le nombre de mentors formés, non l’inverse : {jeunes_2027} jeunes en 2027 si trois mentors sur quatre restent.",
        ),
        ("Nous espérons grandir chaque année.", "Le projet se poursuivra si les financements le permettent."),
    ),
    (
        (
            "La part de l’État descend de quatre points chaque année, remplacée par deux fondations et par la participation des entreprises.",
            "Le département et deux communautés de communes ont donné leur accord de principe pour prendre le relais.",
            "La méthode sera écrite et remise à d’autres associations {region} à la fin de 2027.",
        ),
        ("D’autres financeurs seront recherchés.",),
    ),
)
