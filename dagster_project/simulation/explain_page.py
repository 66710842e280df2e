"""An explanation as a French page that can be checked by hand. Not here: what is explained (explain)."""

from typing import Any

from dagster_project.campaigns.language.words import cents


def page(found: dict[str, Any]) -> str:
    """The steps in the order of the calculation, each with its article."""
    lines = [
        f"{found['campaign_name']} ({found['campaign']}), convention {found['convention']}",
        f"Opérateur {found['operator']}, trajet {found['journey']}",
        "",
        "Conditions",
    ]
    for one in found["tests"]:
        verdict = "oui" if one["holds"] else "NON"
        lines.append(f"  [{verdict}] {one['test']} : {one['bound']} — ici : {one['value']}{_article(one)}")
    lines += ["", "Tarif", *_tariff(found)]
    lines += ["", "Plafonds"] if found["caps"] else []
    for one in found["caps"]:
        lines.append(
            f"  {one['cap']} : {one['rule']} ; compteur {one['counter_before']} → {one['counter_after']} "
            f"sur {one['maximum']} ; {one['before_cents']} ct → {one['after_cents']} ct{_article(one)}"
        )
    return "\n".join([*lines, "", "Budget", *_budget(found), "", _call(found["fund_call"])])


def _tariff(found: dict[str, Any]) -> list[str]:
    tariff = found["tariff"]
    if not found["is_eligible"]:
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
        told = f"{_comma(step['before_cents'])} → {_comma(step['after_cents'])}"
        lines.append(f"  {step['rule']} : {told}{_article(step)}")
    return [*lines, f"  arrondi au centime : {_comma(tariff['exact_cents'])} → {tariff['rounded_cents']} ct"]


def _budget(found: dict[str, Any]) -> list[str]:
    budget, payee = found["budget"], found["payee"]
    lines = ["  le trajet ne demande rien au budget"]
    if not budget["is_limited"]:
        lines = [f"  la campagne n'a pas de budget{_article(budget)}"]
    elif budget["before_cents"] is not None:
        covered = budget["fee_ex_vat_cents"] + budget["vat_cents"] if budget["is_fee_covered"] else 0
        after = budget["before_cents"] - budget["incentive_cents"] - covered
        told = "incitation et commission TTC" if budget["is_fee_covered"] else "incitation seule"
        before = cents(budget["before_cents"])
        lines = [f"  reste avant : {before}, après ({told}) : {cents(after)}{_article(budget)}"]
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


def _article(one: dict[str, Any]) -> str:
    return f" (article {one['article']})" if one["article"] else ""
