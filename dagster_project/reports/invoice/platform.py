"""What the platform of French public buyers refuses of an invoice, found before it leaves (BR-FR-CPRO).

The lengths are read in the XML that goes out, whatever wrote it. The European and French schematrons run in
the tests: by construction no invoice breaks them. Not here: the figures (contracts), what
parties' files may say (catalogue). Why: D-251, D-253.
"""

from xml.etree import ElementTree

from dagster_project.catalogue.conventions import lacking
from dagster_project.contracts.public_invoices import MAX_FILE_BYTES, VAT_RATES, too_long
from dagster_project.errors import DocumentError
from dagster_project.reports.invoice.invoice import Invoice

_SEAL_BYTES = 500_000  # what the registry's seal adds to a PDF, and room to spare
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"

# Where each text that has a longest length stands, and what people call it.
_TEXTS = {
    "BR-FR-CPRO-02": (
        ".//rsm:ExchangedDocument/ram:ID | .//ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
        "le numéro de la facture, ou de celle qu'elle corrige,",
    ),
    "BR-FR-CPRO-14": (".//ram:ContractReferencedDocument/ram:IssuerAssignedID", "la convention ou le marché"),
    "BR-FR-CPRO-15": (".//ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID", "le numéro d'engagement"),
    "BR-FR-CPRO-31": (".//ram:SpecifiedTradeProduct/ram:Description", "le détail d'une ligne"),
    "BR-FR-CPRO-32": (".//ram:SellerTradeParty/ram:PostalTradeAddress/ram:LineOne", "la rue de l'opérateur"),
    "BR-FR-CPRO-33": (".//ram:SellerTradeParty/ram:PostalTradeAddress/ram:CityName", "sa ville"),
    "BR-FR-CPRO-35": (".//ram:SpecifiedTradePaymentTerms/ram:Description", "le terme de paiement"),
    "BR-FR-CPRO-39": (".//ram:PayeePartyCreditorFinancialAccount/ram:IBANID", "l'IBAN"),
    "BR-FR-CPRO-42": (".//ram:IncludedNote/ram:Content", "une mention"),
    "BR-FR-CPRO-43": (".//ram:SellerTradeParty/ram:Name", "le nom de l'opérateur"),
    "BR-FR-CPRO-44": (".//ram:BuyerTradeParty/ram:Name", "le nom de l'autorité"),
}
# What must stand there at least so many times, and once at most.
_COUNTS = {
    "BR-FR-CPRO-03": (1, ".//ram:SellerTradeParty/ram:GlobalID[@schemeID='0009']", "le SIRET de l'opérateur"),
    "BR-FR-CPRO-10": (1, ".//ram:BuyerTradeParty/ram:GlobalID[@schemeID='0009']", "le SIRET de l'autorité"),
    "BR-FR-CPRO-20": (
        *(0, ".//ram:ApplicableHeaderTradeSettlement/ram:InvoiceReferencedDocument"),
        "la facture corrigée, en tête,",
    ),
}


def refusals(invoice: Invoice, xml: bytes) -> list[str]:
    """Why the platform would not take the invoice, in French: rule, what, remedy."""
    tree = ElementTree.fromstring(xml)
    faults = [
        f"{what} {fault}"
        for rule, (path, what) in _TEXTS.items()
        if (fault := max((too_long(rule, node.text or "") for node in _nodes(tree, path)), default=""))
    ]
    faults += [
        f"{what} est présent {count} fois ({rule}) ; l'écrire une fois"
        for rule, (least, path, what) in _COUNTS.items()
        if not least <= (count := len(_nodes(tree, path))) <= 1
    ]
    lacks = lacking(invoice.authority.service, invoice.convention, invoice.out_on, invoice.period_end)
    return [*faults, *([lacks] if lacks else []), *_vat_faults(invoice)]


def check_file(name: str, content: bytes) -> None:
    """Raises DocumentError where the platform would not take a file as it is."""
    if fault := too_long("BR-FR-CPRO-41", name):
        raise DocumentError(f"le nom d'un fichier de la facture {fault}")
    if len(content) + _SEAL_BYTES > MAX_FILE_BYTES:
        raise DocumentError(
            f"un fichier de la facture a {len(content)} octets ; la plateforme en prend {MAX_FILE_BYTES}, "
            "sceau compris : facturer par mois"
        )


def _vat_faults(invoice: Invoice) -> list[str]:
    faults, operator = list[str](), invoice.operator
    for vat in invoice.vats:
        if vat.basis_points not in VAT_RATES:
            faults.append(
                f"le taux de TVA de {vat.percent} % n'est pas français (BR-FR-16) ; corriger `commission`"
            )
        if vat.kind == "taux" and not operator.bears_vat(invoice.period_end):
            faults.append(
                "un opérateur sans numéro de TVA ne facture pas de TVA (catégorie S, BR-S-02) ; compléter "
                "`vat_number` de sa fiche"
            )
    if invoice.vat.kind == "franchise_en_base" and operator.bears_vat(invoice.period_start):
        faults.append(
            "un opérateur qui a un numéro de TVA n'est pas en franchise (catégorie E, article 293 B du CGI) "
            "; corriger `commission` de la campagne, ou `vat_number` et `vat_from` de sa fiche"
        )
    return faults


def _nodes(tree: ElementTree.Element, path: str) -> list[ElementTree.Element]:
    spaces = {"ram": _RAM, "rsm": _RSM}
    return [node for way in path.split(" | ") for node in tree.findall(way, spaces)]
