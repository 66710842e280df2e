"""The impact assessment (RGPD article 35, JURIDIQUE étape 3), made from processings, terms and risks."""

from dagster_project.contracts.processing import CONTACT, CONTROLLER, PROCESSINGS, PURPOSE
from dagster_project.contracts.risks import RISKS, SEVERITIES, Risk
from dagster_project.contracts.terms import TERMS
from dagster_project.rights.processing_register import categories, duration, facts, table


def impact_assessment() -> str:
    """The whole document, in Markdown."""
    needs = [
        (
            processing.name,
            processing.purpose,
            " ; ".join(categories(processing)) or "aucune donnée personnelle",
            " ; ".join(f"{TERMS[name].what} : {duration(TERMS[name])}" for name in processing.terms),
        )
        for processing in PROCESSINGS
    ]
    left = [(str(number), risk.event, risk.severity, risk.likelihood) for number, risk in enumerate(RISKS, 1)]
    parts = [
        "# Analyse d’impact relative à la protection des données\n",
        "Au titre de l’article 35 du règlement (UE) 2016/679 (JURIDIQUE, étapes 3 et 5). Elle suit la "
        "méthode de la CNIL : contexte, nécessité, risques, mesures. Chaque mesure nomme l’essai ou l’actif "
        "qui la montre.\n",
        *facts(
            ("Responsable du traitement", CONTROLLER),
            ("Contact", CONTACT),
            ("Finalité générale", PURPOSE),
            (
                "Pourquoi une analyse",
                "données de localisation à grande échelle, recoupées entre opérateurs, de personnes dont "
                "certaines peuvent être mineures",
            ),
        ),
        "## Nécessité et proportionnalité\n",
        "Le détail de chaque traitement est au [registre des traitements](registre_des_traitements.md).\n",
        *table(("traitement", "finalité", "données", "conservation"), needs),
        "Nom, adresse électronique, employeur et titre de transport sont facultatifs (JURIDIQUE, étape 3) ; "
        "l’annexe 3 n’en montre rien.\n",
        "## Risques\n",
        f"Gravité et vraisemblance, une fois les mesures en place : {', '.join(SEVERITIES)}.\n",
        *table(("n°", "événement redouté", "gravité", "vraisemblance"), left),
        *(_risk(number, risk) for number, risk in enumerate(RISKS, 1)),
        "## Ce qui est mesuré\n",
        "- L’archive, à chaque écriture : k, diversité, succès de l’attaquant ([archive](archive.md)).\n"
        "- Les exports des autorités : part des personnes qu’un trajet connu désigne, trajets reliés entre "
        "deux autorités ([archive](archive.md)).\n"
        "- L’effacement, chaque nuit : valeurs cherchées, fichiers lus, fichiers trouvés (registre "
        "`retentions`).\n",
        "## Avis et décision\n",
        "L’avis du délégué à la protection des données, celui des personnes concernées et la validation du "
        "responsable du traitement se donnent sur ce document ; ils ne sont pas dans le code.\n",
    ]
    return "\n".join(parts)


def _risk(number: int, risk: Risk) -> str:
    measures = [(measure.what, f"`{measure.shown_by}`") for measure in risk.measures]
    return "\n".join([
        f"### {number}. {risk.event}\n",
        *facts(("Sources", risk.sources), ("Conséquences", risk.impacts), ("Ce qui reste", risk.left)),
        *table(("mesure", "montrée par"), measures),
    ])  # fmt: skip
