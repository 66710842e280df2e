"""The indicators of CONVENTION annexe 4, in its words and order: formula, meaning, how a cell is written.

Then what the operator's commitment of article 7 came to; annexe 4 lets a report say more than its list.
"""

from dataclasses import dataclass

RATE = "fill_rate"  # the one that is no count: live in every column


@dataclass(frozen=True)
class Indicator:
    """One row: a count of the warehouse, or the rate. `formula` stands beside it, `meaning` in the legend."""

    name: str
    label: str
    formula: str
    kind: str
    meaning: str


INDICATORS = (
    Indicator("passenger_journeys", "Nombre de Trajets passagers", "Σ places réservées", "count",
              "Trajet d’un passager covoituré (article 1) : une réservation de deux places compte deux fois. "
              "Trajets valides, du territoire et de la période de l’Opération, de toute distance."),
    Indicator("driver_journeys", "Nombre de Trajets conducteurs", "voitures distinctes", "count",
              "Voitures, d’après l’identifiant de trajet conducteur donné par l’opérateur ; comptées dans le "
              "mois de leur premier trajet passager."),
    Indicator(RATE, "Taux de remplissage des voitures", "(passagers + conducteurs) ÷ conducteurs", "rate",
              "Personnes par voiture, conducteur compris : (Trajets passagers + Trajets conducteurs) ÷ "
              "Trajets conducteurs. Le semestre est le rapport des sommes, non la moyenne des mois."),
    Indicator("driver_m", "Kilomètres parcourus (Trajets conducteurs)", "Σ tronçons avec passager", "tenths",
              "Distance de chaque voiture avec au moins un passager à bord ; chaque tronçon compte une fois, "
              "quel que soit le nombre de passagers (découpage de JURIDIQUE, étape 6)."),
    Indicator("passenger_m", "Kilomètres parcourus (Trajets passagers)", "Σ distance × places", "tenths",
              "Distance déclarée de chaque trajet passager, multipliée par les places réservées."),
    Indicator("new_passengers", "Nombre de nouveaux passagers", "1ᵉʳ trajet chez l’opérateur", "count",
              "Passagers dont le premier trajet chez l’opérateur, depuis cinq mois avant le semestre, est "
              "l’un des trajets comptés ici : au-delà, le registre ne connaît plus les personnes "
              "quand le bilan est établi. Une même personne, nouvelle chez deux opérateurs, compte une fois "
              "chez chacun."),
    Indicator("new_drivers", "Nombre de nouveaux conducteurs", "1ᵉʳ trajet chez l’opérateur", "count",
              "De même, pour le premier trajet comme conducteur."),
    Indicator("fraud_accounts", "Nombre de comptes écartés (pour fraude)", "personnes des trajets écartés",
              "count", "Conducteurs et passagers des trajets écartés pour fraude, chez l’opérateur, toutes "
              "opérations. Chaque compte compte une fois dans le mois, et une fois dans le semestre, qui "
              "n’est donc pas la somme des mois."),
    Indicator("fraud_journeys", "Nombre de trajets écartés (pour fraude)", "lignes refusées pour fraude",
              "count", "Lignes (un conducteur et un passager, quelles que soient ses places) refusées pour "
              "un motif de fraude, chez l’opérateur, toutes opérations. Elles ne comptent dans aucun autre "
              "indicateur."),
    Indicator("driver_incentive_cents", "Indemnités des conducteurs (€)", "Σ indemnités", "euros",
              "Indemnités de l’autorité que l’opérateur reverse aux conducteurs (article 7), appelées ou à "
              "appeler. « Globalement » : celles de toutes les campagnes du registre."),
    Indicator("short_journeys", "Trajets passagers dont le revenu est inférieur", "revenu < indemnité",
              "count", "Trajets passagers dont le revenu du conducteur, que l’opérateur déclare (annexe 3), "
              "est inférieur à l’indemnité du conducteur. Si plusieurs campagnes indemnisent un trajet, leur "
              "somme compte."),
    Indicator("missing_cents", "Indemnités non reversées, d’après ce revenu (€)", "Σ (indemnité − revenu)",
              "euros", "Ce qui manque au revenu de ces trajets ; par trajet et campagne, au plus son "
              "indemnité."),
)  # fmt: skip
