"""An explanation as a French page that can be checked by hand. Not here: what is explained (explain)."""

from typing import Any

from dagster_project.campaigns.language.words import cents


def page(explanation: dict[str, Any]) -> str:
    """The steps in the order of the calculation, each with its article."""
    lines = [
        f"{explanation['campaign_name']} ({explanation['campaign']}), convention {explanation['convention']}",
        f"Opérateur {explanation['operator']}, trajet {explanation['journey']}",
        "",
        "Conditions",
    ]
    for test in explanation["tests"]:
        verdict = "oui" if test["holds"] else "NON"
        lines.append(
            f"  [{verdict}] {test['test']} : {test['bound']} — ici : {test['value']}{_article(test)}"
        )
    lines += ["", "Tarif", *_tariff(explanation)]
    lines += ["", "Plafonds"] if explanation["caps"] else []
    for cap in explanation["caps"]:
        lines.append(
            f"  {cap['cap']} : {cap['rule']} ; compteur {cap['counter_before']} → {cap['counter_after']} "
            f"sur {cap['maximum']} ; {cap['before_cents']} ct → {cap['after_cents']} ct{_article(cap)}"
        )
    return "\n".join([*lines, "", "Budget", *_budget(explanation), "", _call(explanation["fund_call"])])


def _tariff(explanation: dict[str, Any]) -> list[str]:
    tariff = explanation["tariff"]
    if not explanation["is_eligible"]:
        return ["  le trajet n'est pas éligible : 0 ct"]
    if tariff["is_ambiguous"]:
        names = ", ".join(tariff["tables_in_force"])
        return [f"  plusieurs tables s'appliquent ({names}) : 0 ct tant que le fichier n'en limite pas une"]
    if tariff["table"] is None:
        return ["  aucune table ne s'applique : 0 ct"]
    lines = [
        f"  table {tariff['table']}{_article(tariff)}, distance déclarée {tariff['declared_m']} m, "
        f"facturée {tariff['billed_m']} m, {tariff['seats']} siège(s)"
    ]
    for part in tariff["bands"]:
        end = f"à {part['to_m']} m exclu" if part["to_m"] is not None else "et au-delà"
        lines.append(f"  tranche {part['from_m']} m {end} : {part['rule']} = {_comma(part['cents'])}")
    if not tariff["bands"]:
        lines.append("  la distance n'est dans aucune tranche : 0 ct")
    for step in tariff["adjustments"]:
        change = f"{_comma(step['before_cents'])} → {_comma(step['after_cents'])}"
        lines.append(f"  {step['rule']} : {change}{_article(step)}")
    return [*lines, f"  arrondi au centime : {_comma(tariff['exact_cents'])} → {tariff['rounded_cents']} ct"]


def _budget(explanation: dict[str, Any]) -> list[str]:
    budget, payee = explanation["budget"], explanation["payee"]
    lines = ["  le trajet ne demande rien au budget"]
    if not budget["is_limited"]:
        lines = [f"  la campagne n'a pas de budget{_article(budget)}"]
    elif budget["before_cents"] is not None:
        covered = budget["fee_ex_vat_cents"] + budget["vat_cents"] if budget["is_fee_covered"] else 0
        after = budget["before_cents"] - budget["incentive_cents"] - covered
        included = "incitation et commission TTC" if budget["is_fee_covered"] else "incitation seule"
        before = cents(budget["before_cents"])
        lines = [f"  reste avant : {before}, après ({included}) : {cents(after)}{_article(budget)}"]
    if budget["is_cut"]:
        lines.append("  le budget ne suffit plus : le trajet reçoit ce qui reste")
    lines.append(f"  incitation versée {_shared(payee, budget['incentive_cents'])}{_article(payee)}")
    fee = budget["fee_ex_vat_cents"] + budget["vat_cents"]
    parts = f"{cents(budget['fee_ex_vat_cents'])} HT et TVA {cents(budget['vat_cents'])}"
    article = _article({"article": budget["fee_article"]})
    return [*lines, f"  commission de l'opérateur : {cents(fee)} TTC, soit {parts}{article}"]


def _shared(payee: dict[str, Any], paid: int) -> str:
    if payee["who"] != "partage":
        return f"au {payee['who']} : {cents(paid)}"
    own, percent = payee["passenger_cents"], payee["passenger_percent"]
    return (
        f"au passager : {cents(own)} ({percent} % de {cents(paid)}, arrondis au centime inférieur), "
        f"au conducteur le reste : {cents(paid - own)}"
    )


def _call(call: dict[str, Any]) -> str:
    if call["is_simulated"]:
        return f"Appel de fonds : aucun en simulation ; leur rythme est {call['rhythm']}{_article(call)}"
    if call["number"] is None:
        return f"Appel de fonds : aucun ne porte ce trajet ; leur rythme est {call['rhythm']}{_article(call)}"
    state = "période close" if call["is_closed"] else "période en cours, provisoire"
    return f"Appel de fonds n° {call['number']}, du {call['from']} au {call['to']} ({state}){_article(call)}"


def _comma(exact: str) -> str:
    return exact.replace(".", ",") + " ct"


def _article(step: dict[str, Any]) -> str:
    return f" (article {step['article']})" if step["article"] else ""
