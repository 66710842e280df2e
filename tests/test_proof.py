"""What closed money is proven by: trees, records, checkpoints and their witness, the signing key, seals."""

import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pypdf import PdfWriter
from pypdf.annotations import Rectangle

from dagster_project.contracts.advances import ADVANCES
from dagster_project.contracts.ledger import CHECKPOINTS, CLOSINGS, RECORDS
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.ledger import checkpoints, records
from dagster_project.proof import checkpoint, merkle, witness
from dagster_project.proof.signing import Signer, seal_key, signer
from dagster_project.reports.shared.seal import broken, sealed
from dagster_project.reports.shared.signatory import Signatory
from tests.support.attested_call import make_pdf
from tests.support.closed_ledger import copied, published

FROM_RFC = {  # roots over the first leaves of Certificate Transparency's own test vectors
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "60616263646566676869")
] + [bytes.fromhex("606162636465666768696a6b6c6d6e6f")]


def test_roots_and_paths_are_those_of_rfc_6962() -> None:
    leaves = [*LEAVES[:7], LEAVES[8]]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    for size, root in FROM_RFC.items():
        assert merkle.root(hashes[:size]).hex() == root
    for size in range(1, 9):
        for at in range(size):
            path = merkle.path(hashes[:size], at)
            root = merkle.root(hashes[:size])
            assert merkle.followed(hashes[at], at, size, path) == root
            assert merkle.followed(hashes[at - 1], at, size, path) != root or size == 1
            assert merkle.followed(hashes[at], at, size, [*path, root]) is None
    assert merkle.root([]) == hashlib.sha256().digest()


@pytest.fixture
def copy(house: Lake, tmp_path: Path) -> Lake:
    return copied(house, tmp_path / "home")


def test_a_record_that_a_killed_night_began_is_of_the_files_that_are_there(
    copy: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, file = copy.read(RECORDS).height, witness.file(copy)
    rows = copy.read(ADVANCES).with_columns(pl.col("statement_number") + 1_000)
    files = [(ADVANCES, rows, f"decided-90000{number}-0") for number in range(2)]
    write, seen = Lake.write, witness.read(file, "acte")

    def killed(lake: Lake, table: object, rows: pl.DataFrame, part: str) -> None:
        if part == files[1][2]:
            raise KeyboardInterrupt
        write(lake, table, rows, part)  # type: ignore[arg-type]

    for step in ("write", "witness"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            if step == "write":
                patch.setattr(Lake, "write", killed)
            else:
                patch.setattr(witness, "append", lambda *_: killed(copy, ADVANCES, rows, files[1][2]))
            records.write(copy, files)
        assert list(records.problems(copy)) == []
        assert witness.read(file, "acte") == seen
        records.complete(copy)
        assert copy.read(RECORDS).height == made + 1
        assert list(records.problems(copy)) == []
        seen, made = witness.read(file, "acte"), made + 1
        assert len(seen) == made
        del files[0]
        files.append((ADVANCES, rows, "decided-900002-0"))


def test_an_older_ledger_is_signed_once_and_its_manifests_with_it(copy: Lake) -> None:
    shutil.rmtree(copy.folder(CHECKPOINTS))
    witness.file(copy).unlink()
    for manifest in copy.exports.glob("*/*/manifest.json"):
        content = json.loads(manifest.read_text("utf-8"))
        unsigned = {name: content[name] for name in content if name not in ("signature", "point_de_controle")}
        manifest.write_text(json.dumps(unsigned), "utf-8")
    assert list(checkpoints.problems(copy)) == []
    with pytest.MonkeyPatch.context() as patch:  # killed before the ledger has them
        patch.setattr(Lake, "write", None)
        with pytest.raises(TypeError):
            checkpoints.complete(copy)
    assert list(checkpoints.problems(copy)) == []
    assert checkpoints.complete(copy) == copy.read(CLOSINGS).height
    assert checkpoints.complete(copy) == 0
    assert list(checkpoints.problems(copy, rebuild=True)) == []
    assert published(copy).forged == []
    shutil.rmtree(copy.folder(CHECKPOINTS))
    witness.file(copy).unlink()
    assert next(checkpoints.problems(copy)) == (
        "documents name checkpoints, and neither ledger nor witness holds any"
    )


def test_witness_and_ledger_may_differ_by_what_a_killed_night_left_and_nothing_else(copy: Lake) -> None:
    file = witness.file(copy)
    lines = witness.read(file)
    last_night = [
        one for one in checkpoint.held(copy) if one.closed_on == checkpoint.held(copy)[-1].closed_on
    ]
    seen = len(lines) - len(last_night)
    file.write_text("\n".join(lines[:seen]) + "\n" + lines[seen][:30], "utf-8")  # killed while it wrote
    assert list(checkpoints.problems(copy)) == []
    checkpoints.complete(copy)
    assert witness.read(file) == lines
    file.write_text("\n".join(lines[: seen - 1]) + "\n", "utf-8")
    assert f"the witness lacks checkpoint {seen}" in next(checkpoints.problems(copy))
    file.write_text("\n".join([*lines[1:], lines[0]]) + "\n", "utf-8")
    assert "the witness saw another checkpoint 1" in next(checkpoints.problems(copy))


def test_a_key_may_live_elsewhere_and_one_that_is_missing_is_never_made_anew(
    copy: Lake, tmp_path: Path, configure: Callable[..., None]
) -> None:
    script, public = tmp_path / "sign.py", tmp_path / "public.pem"
    script.write_text(
        "import sys; from cryptography.hazmat.primitives.serialization import load_pem_private_key as load; "
        f"key = load(open({str(copy.keys / 'signing.pem')!r}, 'rb').read(), None); "
        "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))"
    )
    public.write_bytes(signer(copy).pem)
    signed_here = signer(copy).sign("x", b"y")
    configure(signing_command=f"{sys.executable} {script}", signing_public=public)
    assert signer(copy).sign("x", b"y") == signed_here
    foreign = Ed25519PrivateKey.generate()
    with pytest.raises(KeyFileError, match="gave no signature"):
        replace(signer(copy), public=Signer((foreign.public_key(),)).public).sign("x", b"y")
    configure(signing_command="false")
    with pytest.raises(KeyFileError, match="SIGNING_COMMAND failed"):
        signer(copy).sign("x", b"y")
    configure(signing_command=None, signing_public=None)
    (copy.keys / "signing.pem").unlink()
    with pytest.raises(KeyFileError, match=r"signing\.pem is missing: what is signed rests on it"):
        signer(copy)


def test_a_seal_breaks_under_annotations_additions_and_changes(copy: Lake, tmp_path: Path) -> None:
    pdf = sorted(copy.exports.glob("*/*_*/APDF*.pdf"))[0].read_bytes()
    key = Signatory(copy).seal
    assert list(broken(pdf, key.certificates)) == []

    def annotated(*, incremental: bool) -> bytes:
        writer = PdfWriter(io.BytesIO(pdf), incremental=incremental, full=not incremental)
        for page in range(len(writer.pages)):
            writer.add_annotation(page, Rectangle(rect=(0, 0, 600, 850), interior_color="ffffff"))
        writer.write(made := io.BytesIO())
        return made.getvalue()

    for incremental in (True, False):
        told = list(broken(annotated(incremental=incremental), key.certificates))
        assert (
            "page 1 : 1 annotation(s)" in told[0]
            and "complété après le cachet" in told[-1 - (not incremental)]
        )
    assert list(broken(pdf + b"\n%", key.certificates)) == ["le fichier a été complété après le cachet"]
    flipped = bytes([*pdf[:4_000], pdf[4_000] ^ 1, *pdf[4_001:]])
    assert re.search("rompu|illisible", str(list(broken(flipped, key.certificates))))
    assert "aucun cachet" in next(broken(make_pdf(), key.certificates))
    foreign = seal_key(Lake(tmp_path / "elsewhere"))
    told = list(broken(sealed(make_pdf(), foreign, date(2021, 4, 6), "autre"), key.certificates))
    assert told == ["le cachet n’est pas celui du registre : un autre certificat l’a posé"]
