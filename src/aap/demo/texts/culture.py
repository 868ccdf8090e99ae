"""Projects and sentences of the dossiers for `culture-territoires-2026`; no sentence names the association.

A text is a sequence of slots; a slot offers sentences of a strong dossier and sentences of a weak one. Names between
braces are filled in by `aap.demo.storytelling`.
"""

from __future__ import annotations

from collections.abc import Mapping

from aap.demo.texts.project import Slot

# Discipline → (title, what is made, what it is about). Each project is given once.
PROJECTS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "spectacle": (
        ("Ce que la marée laisse", "un spectacle de théâtre et de marionnettes", "la pêche à pied et ceux qui en vivent"),
        ("Les Chaises du bourg", "une pièce pour places de village", "l’attente et les conversations de banc public"),
        ("Poids plume", "un solo de cirque au mât chinois", "la peur de tomber et l’envie de remonter"),
        ("Cour des grands", "une création de danse pour cours d’école", "les règles que les enfants inventent en jouant"),
        ("La Dernière Ferme avant la mer", "une pièce documentaire", "la transmission des fermes du littoral"),
        ("Tréteaux d’hiver", "une suite de courtes pièces pour salles des fêtes", "les veillées et ce qui les remplace"),
        ("Marche arrière", "un spectacle de rue à bicyclette", "les détours, les demi-tours et les raccourcis"),
        ("Le Bal des absents", "un bal chorégraphié", "ceux qui sont partis et dont on danse encore les pas"),
        ("Sous le préau", "un spectacle de masques", "les souvenirs des anciens élèves d’une école rurale"),
        ("Ventre de bois", "une création de cirque sous yourte", "les chantiers navals et leurs charpentiers"),
        ("À hauteur d’épaule", "un duo de danse et de portés", "la confiance et l’entraide"),
        ("Nuit claire au lavoir", "un parcours théâtral nocturne", "ce qui se disait au lavoir et ne s’écrivait pas"),
    ),
    "musique": (
        ("Kan ar c’hoad", "un chœur itinérant", "le chant à répondre et ses paroles d’aujourd’hui"),
        ("Cuivres en campagne", "une création pour fanfare et voix", "les fêtes de commune et leurs airs oubliés"),
        ("La Boîte à bourdons", "un concert pour veuze et électronique", "les sons graves que l’on sent avant de les entendre"),
        ("Octaves et embruns", "un cycle de concerts de chapelle en chapelle", "les musiques de voyage du dix-septième siècle"),
        ("Petites oreilles", "un concert pour les moins de trois ans", "les berceuses que les familles se transmettent"),
        ("Sonnerie de midi", "une composition pour cloches et sirènes de port", "les signaux qui règlent la journée"),
        ("Trois accords et un camion", "une tournée acoustique en camion-scène", "la chanson écrite avec des adolescents"),
        ("Le Quatuor des écluses", "une suite pour quatuor à cordes", "le canal et les métiers de l’eau"),
        ("Premier fest-noz", "un bal-école", "l’apprentissage de la danse par l’oreille"),
        ("Partition des landes", "une pièce sonore à écouter en marchant", "la lande, ses oiseaux et ses silences"),
        ("Rumeur de quai", "une œuvre radiophonique et musicale", "les voix des halles et des criées"),
    ),
    "arts-visuels": (
        ("Portraits de façade", "une exposition de photographies à ciel ouvert", "les habitants d’une rue et leurs métiers"),
        ("Le Musée à domicile", "une suite d’œuvres prêtées aux familles", "ce que l’on accroche chez soi et pourquoi"),
        ("Bleu d’atelier", "une résidence de cyanotype", "les outils des derniers ateliers du pays"),
        ("Carte sensible d’une presqu’île", "une carte dessinée de quarante mètres carrés", "les lieux qui n’ont pas de nom sur les cartes"),
        ("Vitrines habitées", "des installations dans des commerces fermés", "la mémoire des rues marchandes"),
        ("La Chambre verte", "une chambre photographique posée en forêt", "la lenteur et la lumière des sous-bois"),
        ("Encres de ria", "une série de gravures aux encres végétales", "la ria, ses vases et ses couleurs"),
        ("Dix ans de quai", "une fresque collective", "les dix dernières années d’un port"),
    ),
    "image": (
        ("Super 8 au bourg", "un film choral en pellicule", "les fêtes de famille conservées dans les greniers"),
        ("Le Feuilleton du marché", "une série de courts films", "une année sur un marché de plein air"),
        ("Pixels de granit", "une œuvre numérique projetée", "les motifs des calvaires et des lucarnes"),
        ("Cinéma sous les halles", "un cycle de projections commentées", "le cinéma muet accompagné par des amateurs"),
        ("Journal d’un phare éteint", "un film d’animation", "la dernière semaine d’un gardien de phare"),
        ("Ce que disent les haies", "un documentaire sonore et visuel", "le bocage et ceux qui le replantent"),
    ),
    "livre": (
        ("La Bibliothèque qui marche", "une caravane de lectures", "les livres qui ont changé une vie"),
        ("Contes à rebrousse-poil", "un spectacle de contes", "les animaux mal aimés du pays"),
        ("Un roman à cent mains", "un roman écrit avec les habitants", "un village qui perd puis retrouve son école"),
        ("Lire à voix basse", "une suite de lectures au casque", "la poésie que l’on garde pour soi"),
        ("La Malle aux abécédaires", "un abécédaire illustré", "les mots que les enfants empruntent à leurs aînés"),
        ("Correspondances d’estran", "une exposition de lettres et de livres d’artiste", "les lettres des marins et de leurs familles"),
    ),
    "patrimoine": (
        ("Paroles de bistrot", "un recueil sonore et un spectacle", "les cafés de commune et leurs habitués"),
        ("Les Gestes du goémon", "une exposition de gestes filmés", "la récolte du goémon d’hier et d’aujourd’hui"),
        ("Anvioù-lec’h, les noms du pays", "une promenade chantée et commentée", "les noms de lieux et ce qu’ils racontent"),
        ("Le gallo à table", "une série de repas contés", "la cuisine et la langue des marchés"),
        ("Chapelles ouvertes", "un parcours de créations dans sept chapelles", "les statues et leurs légendes"),
        ("La Mémoire des conserveries", "un spectacle-exposition", "les ouvrières des conserveries et leurs chants"),
        ("Toiles et laines", "un atelier itinérant de tissage", "les costumes et ceux qui les réinventent"),
    ),
}  # fmt: skip

CRAFTS: Mapping[str, tuple[str, ...]] = {
    "spectacle": ("Mise en scène", "Jeu", "Jeu", "Scénographie", "Lumière", "Chorégraphie", "Costumes", "Régie"),
    "musique": (
        "Composition",
        "Chant",
        "Accordéon",
        "Violon",
        "Clarinette",
        "Percussions",
        "Son",
        "Direction de chœur",
    ),
    "arts-visuels": ("Photographie", "Dessin", "Gravure", "Scénographie", "Tirage", "Médiation artistique"),
    "image": ("Réalisation", "Image", "Montage", "Son", "Animation", "Musique"),
    "livre": ("Écriture", "Lecture", "Illustration", "Conte", "Reliure", "Typographie"),
    "patrimoine": ("Collecte", "Conte", "Chant", "Mise en scène", "Vidéo", "Traduction"),
}

INTENTION: tuple[Slot, ...] = (
    (
        (
            "Nous voulons créer {objet} sur {sujet}. Deux séjours {ville_a} nous ont donné la matière : {carnets} heures d’entretiens et un carnet de croquis.",
            "Le projet est né {ville_a}, d’une question posée par une habitante : qui racontera {sujet} quand nous ne serons plus là ? {Objet} est notre réponse.",
            "{Objet} : la forme s’est imposée parce que {sujet}, cela se montre plus que cela ne s’explique.",
            "Depuis {annees} ans nous tournons autour d’un même sujet, {sujet}. {Ville_a}, il cesse d’être un sujet : c’est la vie de nos voisins, et nous en tirons {objet}.",
        ),
        (
            "Nous souhaitons proposer {objet} autour de {sujet}.",
            "Notre envie est de faire découvrir {sujet} au plus grand nombre.",
            "Le projet porte sur {sujet}, un thème qui parle à tout le monde.",
        ),
    ),
    (
        (
            "La forme est pensée pour de petites jauges, sans scène ni noir : le public est autour, à portée de voix.",
            "Nous travaillons par fragments courts, essayés chaque vendredi devant des habitants, gardés ou jetés selon ce qu’ils provoquent.",
            "L’écriture part de paroles recueillies, rendues presque mot pour mot, puis déplacées par le rythme et l’image.",
            "Une seule règle tient l’ensemble : rien n’entre dans l’œuvre qui n’ait été vu, entendu ou touché sur place.",
            "Nous refusons la nostalgie : ce qui nous intéresse est ce que chacun fait aujourd’hui de ce qu’il a reçu.",
        ),
        (
            "La forme exacte sera trouvée pendant les répétitions.",
            "Nous mêlerons plusieurs disciplines pour toucher tous les publics.",
        ),
    ),
    (
        (
            "Pourquoi maintenant ? Les derniers témoins ont plus de quatre-vingts ans, et la commune vient de rouvrir {lieu}.",
            "L’équipe réunit {artistes} qui ont déjà travaillé ensemble ; {semaines} de répétition sont prévues, payées aux minimums de la branche.",
            "Notre création précédente a été jouée trente-quatre fois, dont vingt hors des villes : nous savons ce qu’une petite salle demande.",
            "Un premier essai de vingt minutes, montré {bourg_a} à l’automne, a convaincu {lieu} de nous accueillir {semaines}.",
        ),
        (
            "L’équipe est enthousiaste et disponible.",
            "C’est le bon moment pour nous de nous lancer.",
        ),
    ),
)  # fmt: skip

MEDIATION: tuple[Slot, ...] = (
    (
        (
            "Avant : {publics} nous reçoivent une matinée par semaine pendant {semaines} ; ils choisissent ce qui entre dans l’œuvre.",
            "Avant : une permanence dans {lieu}, chaque mercredi, porte ouverte, café sur la table, pour recueillir et pour montrer.",
            "Avant : six ateliers avec {publics}, préparés avec leurs encadrants, dont deux hors les murs.",
        ),
        ("Des ateliers seront proposés avec {publics}.", "Nous rencontrerons les habitants avant la première."),
    ),
    (
        (
            "Chaque rencontre est suivie d’un temps à table, sans estrade ; c’est là que les récits continuent.",
            "Des habitants tiennent un rôle, l’accueil ou le son ; {bourg_a}, ils étaient onze à l’essai.",
            "Un car part de trois bourgs, compris dans le budget, pour ceux qui ne conduisent pas.",
        ),
        ("Un échange avec le public suivra chaque date.",),
    ),
    (
        (
            "Un carnet de {pages} pages reste ensuite dans chaque foyer qui a participé, et les enregistrements sont remis à la médiathèque.",
            "Nous revenons six mois plus tard, avec une petite forme gratuite, pour savoir ce qu’il en reste.",
            "La commune garde ensuite le matériel de l’atelier, et deux bénévoles formés l’animent.",
        ),
        ("Après, un bilan sera fait avec la commune.",),
    ),
)  # fmt: skip

ECOLOGY = (
    "Tournée en boucle, sans aller-retour : {bourg_a} puis les communes voisines, décor dans une seule camionnette.",
    "Décors en bois de récupération, costumes de seconde main, affiches imprimées à la commune.",
    "L’équipe loge chez l’habitant et se déplace en train et à vélo pour les trois quarts des dates.",
    "Pas d’objets jetables ; le repas d’équipe est pris à la cantine municipale.",
)
REMOTE = (
    "{Bourg_a} et deux communes voisines, sans salle ni médiathèque ; un minibus de la communauté de communes fait la tournée.",
    "{Bourg_a} : le foyer rural nous ouvre ses portes ; covoiturage organisé par la mairie.",
    "Trois communes de moins de mille habitants autour {ville_de} ; les dates sont calées sur le marché du matin.",
)
COPRODUCERS = (
    "La scène fictive des Deux-Rives, {somme}, convention signée en janvier.",
    "Le théâtre d’essai du Vieux-Port, {somme} et dix jours de plateau.",
    "Le centre de création imaginaire du Menhir, {somme}, signée.",
)
VENUES = ("la salle des fêtes", "la médiathèque", "le centre culturel", "l’ancienne école", "la chapelle", "le foyer rural",
          "la maison du port", "le tiers-lieu", "l’auditorium", "la halle")  # fmt: skip
PUBLICS = ("les élèves de deux écoles", "les résidents de la maison de retraite", "les habitants du quartier", "deux classes de collège",
           "les jeunes du foyer de travailleurs", "les patients de l’hôpital de jour", "les familles du centre social")  # fmt: skip
BRINGS = ("Salle et logement de l’équipe", "Accueil en résidence et technicien", "Achat de deux dates", "Communication et billetterie",
          "Prêt de matériel et d’un véhicule", "Repas et mise en relation avec les écoles")  # fmt: skip

PURPOSES = (
    "Créer et diffuser des œuvres du spectacle vivant en Bretagne.",
    "Faire vivre les langues et la culture populaire de Bretagne.",
    "Soutenir la création contemporaine et sa rencontre avec les habitants des communes rurales.",
    "Transmettre les pratiques artistiques aux enfants et aux adultes.",
    "Produire, accompagner et faire circuler le travail d’artistes installés en Bretagne.",
    "Favoriser la lecture, l’écriture et le conte sur le territoire.",
)
NAME_HEADS = ("Compagnie", "Collectif", "Ensemble", "Ateliers", "Théâtre", "Les Amis", "Bureau", "Chantier")
NAME_TAILS = ("du Goéland de papier", "des Marées basses", "du Grand Large", "de la Lande bleue", "des Sept Phares", "du Menhir penché",
              "de l’Ajonc", "des Bernaches", "du Chemin creux", "de la Dune", "des Granits roses", "du Sémaphore", "de l’Estran",
              "des Korrigans distraits", "du Bocage", "des Vents d’ouest", "de la Ria", "du Pommier", "de la Criée", "des Îles")  # fmt: skip

# What the service finds when it reads the documents: the rule of the call, and its words.
INELIGIBLE: tuple[tuple[str, str], ...] = (
    ("professionnels", "Le budget ne prévoit aucune rémunération pour les quatre interprètes, présentés comme bénévoles : les artistes du projet ne sont pas rémunérés."),
    ("stade", "Les deux lettres jointes disent un intérêt sans accord : aucun lieu ni aucune commune ne s’est engagé à accueillir le projet."),
)  # fmt: skip
