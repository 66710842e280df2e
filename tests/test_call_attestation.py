"""The fund call's PDF and its attestation: what was changed, in the file or on the page, is told."""

import io
import json
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from dagster_project.catalogue import catalogue
from dagster_project.cli.main import main
from dagster_project.files.pdf_text import shown_texts
from dagster_project.lake.keys import secret
from dagster_project.reports.invoice.invoice import InvoiceReference
from dagster_project.reports.shared import attestation
from dagster_project.reports.shared.attestation import ATTACHMENT, Attestation, AttestationError, code, verify
from dagster_project.reports.shared.payment import Payment
from dagster_project.settings import PROJECT
from tests.support.attested_call import ATTESTED, CALL, JOURNEYS, KEY, REGISTRY, make_pdf

from .conftest import use

OPERATOR = next(one for one in catalogue.operators(PROJECT / "data") if one.id == "karavane")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return make_pdf()


def other(value: object) -> st.SearchStrategy[object]:
    """Another value of the same type."""
    kinds: dict[type, st.SearchStrategy[object]] = {str: st.text(), int: st.integers(), date: st.dates()}
    return kinds[type(value)].filter(lambda drawn: drawn != value)


@settings(max_examples=100)
@given(st.data())
def test_any_changed_value_and_any_other_key_give_another_code(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([field.name for field in fields(Attestation)]))
    changed = replace(ATTESTED, **{field: data.draw(other(getattr(ATTESTED, field)))})
    assert code(changed.values, KEY) != code(ATTESTED.values, KEY)
    assert code(ATTESTED.values, data.draw(st.binary(min_size=32, max_size=32))) != code(ATTESTED.values, KEY)


def test_the_pdf_carries_what_it_prints_and_the_same_call_gives_the_same_bytes(
    pdf: bytes, tmp_path: Path
) -> None:
    assert make_pdf() == pdf
    file, journeys = tmp_path / "call.pdf", tmp_path / "trajets.parquet"
    file.write_bytes(pdf)
    journeys.write_bytes(JOURNEYS)
    assert verify(file, KEY, journeys=journeys) == []
    journeys.write_bytes(JOURNEYS + b".")
    assert verify(file, KEY, journeys=journeys) == [
        "trajets.parquet n’est pas le fichier des trajets attesté : son SHA-256 diffère"
    ]
    assert verify(file, bytes(32)) == [
        "le code n’est pas celui de ces valeurs : une valeur, le code ou la clé a changé"
    ]


def test_a_number_changed_in_the_embedded_values_is_told_with_its_name(pdf: bytes, tmp_path: Path) -> None:
    file = tmp_path / "call.pdf"
    for name, label in (
        ("trajets_payes", "dont indemnisés"),
        ("total_centimes", "Total de l’appel de fonds"),
    ):
        writer = PdfWriter(clone_from=io.BytesIO(pdf))
        (embedded,) = [one for one in writer.attachment_list if one.name == ATTACHMENT]
        content = json.loads(embedded.content)
        content["valeurs"][name] *= 10  # the page prints a beginning of it
        embedded.content = json.dumps(content).encode()
        writer.write(file)
        told = verify(file, KEY)
        assert len(told) == 2 and told[0].startswith("le code n’est pas celui") and f"« {label} »" in told[1]


def test_an_attestation_that_went_out_in_former_words_is_still_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said « Trajets », not how many of them the campaign concerns, and named no checkpoint."""
    values = {name: value for name, value in ATTESTED.values.items() if name not in attestation._ADDED}
    file = tmp_path / "call.pdf"
    with monkeypatch.context() as patch:
        printed = {name: attestation._PRINTED[name] for name in values}
        sections = {"Appel de fonds attesté": 8, "Trajets": 4, "Montants": 4, "Preuves": 4}
        patch.setattr(attestation, "_PRINTED", printed)
        patch.setattr(attestation, "_SECTIONS", sections)
        patch.setattr(Attestation, "values", values)
        file.write_bytes(make_pdf())
    assert verify(file, KEY) == []
    (tmp_path / "retyped.json").write_text(json.dumps({"valeurs": values}), "utf-8")
    assert verify(tmp_path / "retyped.json", KEY, code(values, KEY)) == []
    assert verify(tmp_path / "retyped.json", KEY, code(ATTESTED.values, KEY))


def test_the_printed_values_are_enough_and_a_misread_code_still_counts(tmp_path: Path) -> None:
    retyped = tmp_path / "retyped.json"
    retyped.write_text(json.dumps({"valeurs": ATTESTED.values}), "utf-8")
    printed = code(ATTESTED.values, KEY)
    assert verify(retyped, KEY, printed) == []
    assert verify(retyped, KEY, printed.lower().replace("o", "0").replace("-", " ")) == []
    assert verify(retyped, KEY, "AAAA-" + printed[5:]) and verify(retyped, KEY)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("plain.pdf", b"%PDF-1.7 nothing", "aucune attestation"),
        ("other.json", b'{"valeurs": [1]}', "attestation illisible"),
        ("broken.json", b"{", "attestation illisible"),
        ("latin.json", "é".encode("latin-1"), "attestation illisible"),
        ("short.json", b'{"valeurs": {"campagne": "x", "appel": "1"}}', "mal formées : convention"),
    ],
)
def test_a_file_without_attestation_is_named_with_a_remedy(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AttestationError, match=rf"{name} : .*{told}.*donner le PDF tel que reçu"):
        verify(tmp_path / name, KEY)


def test_the_command_says_what_is_wrong_and_nothing_is_authentic_that_the_ledger_does_not_hold(
    tmp_path: Path,
) -> None:
    lake, file = use(tmp_path / "home"), tmp_path / "call.pdf"
    file.write_bytes(make_pdf())
    without = CliRunner().invoke(main, ["attest", "verify", str(file)])
    assert without.exit_code == 1 and "attestation.key is not in the keys folder" in without.output
    secret(lake.keys, "attestation", None)
    foreign = CliRunner().invoke(main, ["attest", "verify", str(file)])
    assert foreign.exit_code == 1 and "le code n’est pas celui de ces valeurs" in foreign.output
    (lake.keys / "attestation.key").write_text(KEY.hex())
    elsewhere = CliRunner().invoke(main, ["attest", "verify", str(file)])
    assert elsewhere.exit_code == 1 and "authentique" not in elsewhere.output
    assert "le grand livre ne tient plus la clôture n° 7" in elsewhere.output
    assert f"Campagne : {CALL.campaign_id}" in elsewhere.output


def test_the_fund_call_prints_annex_2_the_whole_account_and_who_pays_what(pdf: bytes) -> None:
    fee = CALL.fee_ex_vat_cents + CALL.vat_cents
    invoices = (
        InvoiceReference("KARAVANE-00001", date(2021, 3, 2), "février 2021", fee - 1_200),
        InvoiceReference("KARAVANE-00002", date(2021, 4, 2), "mars 2021", 1_200),
    )
    term = "30 jours après réception, article 8.4"
    asked = Payment(CALL.incentive_cents, OPERATOR.bank[0], "indemnité", date(2021, 4, 15), term, "", days=30)
    pdf = make_pdf(replace(CALL, invoices=invoices, payment=asked))
    pages = [" ".join(page.split()) for page in shown_texts(pdf)]
    assert len(pages) == 4 and "Page 4 / 4" in pages[3]
    assert "Indemnité de l’Opération article 6.2 90,00 €" in pages[0]
    assert f"À payer par l’autorité au plus tard le 15/05/2021 ({term}), sur le compte" in pages[0]
    assert "Clé RIB 40 IBAN FR76 9999 9000 0100 8887 6543 540" in pages[0] and "IBAN" not in "".join(
        pages[1:]
    )
    assert "Commission Plateforme facturée à part, à ne pas payer sur cet appel" in pages[0]
    vouching = pages[2] + pages[3]
    for told in (
        REGISTRY.name,
        REGISTRY.address.line,
        REGISTRY.email,
        REGISTRY.signatory,
        "entrepot attest verify",
    ):
        assert told in vouching
    assert "python verifier_un_appel.py .. --key cle_publique.pem" in vouching
    assert "Facture n° KARAVANE-00002 du 02/04/2021, mars 2021 : 12,00 €" in pages[0]
    assert "Écrêtement du budget (article 6.1) −" in pages[1] and "Régularisation, 4e trimestre" in pages[1]
    reader = PdfReader(io.BytesIO(pdf))
    metadata = reader.metadata
    assert metadata and metadata["/CreationDate"] == "D:20210415000000Z"
    assert "/OutputIntents" in reader.root_object and "/StructTreeRoot" in reader.root_object  # PDF/A-3a
    with pytest.raises(ValueError, match="the invoices come to"):
        replace(CALL, invoices=invoices[:1])


def test_documents_that_disagree_are_not_made() -> None:
    with pytest.raises(ValueError, match="vat_cents: call, journeys and attestation say"):
        make_pdf(attested=replace(ATTESTED, vat_cents=ATTESTED.vat_cents + 1))
    with pytest.raises(ValueError, match="incentive_cents: call, journeys and attestation say"):
        make_pdf(replace(CALL, incentive_cents=CALL.incentive_cents - 1))
