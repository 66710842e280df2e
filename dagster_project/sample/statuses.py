"""Made-up status messages: what platforms say of the sample's invoices, one of which its buyer refuses.

They are made from what invoices ask for, so they come once these went out.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from dagster_project.catalogue import catalogue
from dagster_project.lake.store import Lake
from dagster_project.sample.drops import lay
from dagster_project.warehouse.cache import published_on, reading

_INVOICES = """
    select operator_id, reference, number, decided_on, sent_on from payments.demands
    where kind = 'invoice' and asked_cents > 0 and sent_on is not null order by all
"""
_NAME = "urn:un:unece:uncefact:data:standard"
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossDomainAcknowledgementAndResponse xmlns:rsm="{_NAME}:CrossDomainAcknowledgementAndResponse:100"
 xmlns:ram="{_NAME}:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="{_NAME}:UnqualifiedDataType:100" xmlns:qdt="{_NAME}:QualifiedDataType:100">
"""
_PART = """<rsm:AcknowledgementDocument>
<ram:IssueDateTime><udt:DateTimeString format="204">{at:%Y%m%d%H%M%S}</udt:DateTimeString></ram:IssueDateTime>
<ram:ReferenceReferencedDocument>
<ram:IssuerAssignedID>{reference}</ram:IssuerAssignedID>
<ram:FormattedIssueDateTime><qdt:DateTimeString format="102">{invoice_on:%Y%m%d}</qdt:DateTimeString>
</ram:FormattedIssueDateTime>
<ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>
<ram:IssuerTradeParty><ram:GlobalID schemeID="0002">{siren}</ram:GlobalID></ram:IssuerTradeParty>
{why}</ram:ReferenceReferencedDocument>
</rsm:AcknowledgementDocument>
"""
_WHY = "<ram:SpecifiedDocumentStatus><ram:ReasonCode>{}</ram:ReasonCode></ram:SpecifiedDocumentStatus>\n"
# Days after the invoice went out; status; reason. One invoice does not bear the right engagement.
_USUAL = ((0, "200", ""), (2, "203", ""), (9, "205", ""))
_REFUSED = ((0, "200", ""), (2, "203", ""), (12, "210", "CMD_ERR"))


def write_messages(lake: Lake, business_date: date, root: Path) -> None:
    """Lay what platforms said since the last night into payments/<operator>/incoming/."""
    since = published_on(lake)
    if since is None:
        return
    with reading(lake) as connection:
        invoices = connection.execute(_INVOICES).pl()
    for index, operator in enumerate(catalogue.operators(root)):
        parts = [
            _PART.format(
                at=datetime.combine(day, time(9, 30)),
                reference=invoice["reference"],
                invoice_on=invoice["decided_on"],
                code=code,
                siren=operator.on(invoice["decided_on"]).siren,
                why=_WHY.format(reason) if reason else "",
            )
            for invoice in invoices.filter(operator_id=operator.id).to_dicts()
            for after, code, reason in (_REFUSED if (index, invoice["number"]) == (2, 2) else _USUAL)
            if since <= (day := invoice["sent_on"] + timedelta(days=after)) < business_date
        ]
        if parts:
            content = f"{_HEAD}{''.join(parts)}</rsm:CrossDomainAcknowledgementAndResponse>\n"
            file = lake.payments / operator.id / "incoming" / f"statuts_{business_date}.xml"
            lay(file, content.encode(), datetime.combine(business_date, time(18), UTC))
