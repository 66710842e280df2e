"""Checks fund calls and attestations offline, without the registry: Python and the package cryptography.

    python verify_call.py FOLDER [--kept OLDER_COPY] [--key PUBLIC_KEY.pem]
    python verify_call.py ATTESTATION.pdf --key PUBLIC_KEY.pem

FOLDER is what the registry sent (calls, lines, manifests, checkpoints), OLDER_COPY an earlier one that the
reader kept. The key is best one that came another way; else it is the older copy's, else FOLDER's. Of a
carpooler's attestation, a text file of what its code to scan says will do, too.
"""

import argparse
import hashlib
import json
import re
import sys
import zlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

AMOUNTS = ("indemnite_centimes", "commission_ht_centimes", "tva_centimes")


def canonical(content):
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(leaves):
    """RFC 6962, 2.1: pairs from the left; a last one alone moves up."""
    level = [sha256(b"\0", leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [sha256(b"\1", *level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex() if level else sha256().hex()


def followed(leaf, at, size, path):
    """The root that an audit path leads to; None where it does not fit the tree."""
    node, last, path = sha256(b"\0", leaf), size - 1, list(map(bytes.fromhex, path))
    while 0 <= at <= last and last > 0:
        if at % 2 or at < last:
            if not path:
                return None
            node = sha256(b"\1", path.pop(0), node) if at % 2 else sha256(b"\1", node, path.pop(0))
        at, last = at // 2, last // 2
    return node.hex() if at == last == 0 and not path else None


def is_signed(keys, purpose, content, made):
    try:
        keys[made["cle"]].verify(bytes.fromhex(made["valeur"]), purpose + b"\0" + canonical(content))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def read_points(folder):
    """The longest list of checkpoints below a folder."""
    texts = [file.read_text("utf-8") for file in sorted(folder.rglob("*points_de_controle.jsonl"))]
    return [json.loads(line) for line in max((text.splitlines() for text in texts), key=len, default=[])]


def carried(pdf, name):
    """What a PDF carries: compressed streams that read as an attestation with this beside its values."""
    content = pdf.read_bytes()
    for match in re.finditer(rb"stream\r?\n", content):
        try:
            text = json.loads(zlib.decompressobj().decompress(content[match.end() :]))
        except (zlib.error, ValueError):
            continue
        if isinstance(text, dict) and {"valeurs", name} <= text.keys():
            yield text


def read_calls(folder):
    for pdf in sorted(folder.rglob("*.pdf")):
        if found := list(carried(pdf, "preuve")):
            yield "appel n° {appel} ({campagne}, {operateur}, {du})".format(**found[0]["valeurs"]), pdf, found


def point_faults(points, kept, keys):
    before = ""
    for number, one in enumerate(points, 1):
        if not is_signed(keys, b"point de controle", one["point"], one["signature"]):
            yield f"point de contrôle n° {number} : il n’est pas signé par la clé du registre"
        if (one["point"]["numero"], one["point"]["precedent"]) != (number, before):
            yield f"point de contrôle n° {number} : il ne suit pas le précédent"
        before = sha256(canonical(one["point"])).hex()
    for number, one in enumerate(kept, 1):
        if points[number - 1 : number] != [one]:
            yield f"la clôture n° {number} a été réécrite ou supprimée : son point gardé est un autre"


def call_faults(pdf, found, points):
    """A call against its proof, its lines where they lie beside it, and the registry's checkpoints."""
    values, proof, lines = found[0]["valeurs"], found[0]["preuve"]["feuilles"], {}
    leaves = [one["feuille"] for one in proof]
    known, file = {one["point"]["numero"]: one["point"] for one in points}, pdf.with_suffix(".lignes.csv")
    for row in file.read_text("utf-8").splitlines()[1:] if file.exists() else ():
        lines.setdefault(int(row.split(";")[0]), []).append(row)
    for one, leaf in zip(proof, leaves, strict=True):
        number, point = leaf["cloture"], known.get(leaf["cloture"], {"operateurs": 0, "racine": ""})
        if followed(canonical(leaf), one["rang"], point["operateurs"], one["chemin"]) != point["racine"]:
            yield f"la clôture n° {number} n’est plus celle dont il est tiré : réécrite ou supprimée"
        if (leaf["campagne"], leaf["operateur"]) != (values["campagne"], values["identifiant"]):
            yield f"sa preuve de la clôture n° {number} est d’un autre opérateur ou d’une autre campagne"
        mine = lines.get(number, [])
        own = *(sum(int(row.split(";")[at]) for row in mine) for at in (3, 4, 5)), root(map(str.encode, mine))
        if file.exists() and own != tuple(leaf[name] for name in (*AMOUNTS, "racine")):
            yield f"ses lignes de la clôture n° {number} ({file.name}) ne sont pas celles qu’elle a closes"
    numbers = {leaf["cloture"] for leaf in leaves}
    if len(found) > 1 or len(numbers) < len(leaves) or not set(lines) <= numbers:
        yield "une attestation, une clôture ou des lignes y sont de trop"
    sums = [sum(leaf[name] for leaf in leaves) for name in AMOUNTS]
    if [*sums, sum(sums)] != [values[name] for name in (*AMOUNTS, "total_centimes")]:
        yield "la somme de ses lignes n’est pas le montant attesté"


def counted(days, journeys, km):
    return f"{days} jour{'s' * (days > 1)}, {journeys} trajet{'s' * (journeys > 1)}, {km} km"


def attestation_faults(file, found, keys):
    """A carpooler's attestation; its values are printed, for the page is only a page."""
    said = found[0]["valeurs"]
    total = counted(said["jours"], said["trajets"], said["km"])
    print(file.name, "  Le registre atteste, à la demande de {demandee_par} :".format(**said), sep="\n")
    print("  {personne}, du {du} au {au} : ".format(**said) + f"{total} en covoiturage, dont")
    for operator, role, proof, *figures in said["detail"]:
        print(f"  - {operator}, {role}, classe de preuve {proof} : {counted(*figures)}")
    print("  Pour : {usage}. Compté le {delivree_le} ; depuis, seul le registre sait.".format(**said))
    mark = b"attestation de covoiturage"
    if len(found) > 1 or not all(is_signed(keys, mark, one["valeurs"], one["signature"]) for one in found):
        yield f"{file.name} : ces valeurs ne sont pas signées par la clé du registre"


def file_faults(file, keys):
    """One file: an attestation's PDF, or the text of its code."""
    try:
        is_pdf = file.suffix.lower() == ".pdf"
        found = list(carried(file, "signature")) if is_pdf else [json.loads(file.read_text("utf-8-sig"))]
        if not found:
            raise ValueError
        yield from attestation_faults(file, found, keys)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield f"{file.name} : aucune attestation de covoiturage ; donner le PDF ou le texte du carré"


def faults(folder, kept, keys):
    if folder.is_file():
        yield from file_faults(folder, keys)
        return
    for pdf in sorted(folder.rglob("*.pdf")):
        if any(carried(pdf, "signature")):
            yield from file_faults(pdf, keys)
    points = read_points(folder)
    yield from point_faults(points, read_points(kept) if kept else [], keys)
    calls, older = list(read_calls(folder)), list(read_calls(kept)) if kept else []
    before = {name: pdf.read_bytes() for name, pdf, _ in older}
    for name in sorted(before.keys() - {name for name, *_ in calls}) if calls else ():
        yield f"{name} : il a été gardé, et aucun PDF reçu n’est plus cet appel"
    for name, pdf, found in [*calls, *older]:
        print(name, *(f"  {key} : {value}" for key, value in found[0]["valeurs"].items()), sep="\n")
        if pdf.read_bytes() != before.get(name, pdf.read_bytes()):
            yield f"{name} : ce n’est plus le document qui a été gardé"
        yield from (f"{name} : {one}" for one in call_faults(pdf, found, points))
    for manifest in sorted(folder.rglob("manifest.json")):
        content = json.loads(manifest.read_text("utf-8"))
        if not is_signed(keys, b"manifeste", content, content.pop("signature", None)):
            yield f"{manifest} : ce n’est pas le manifeste que le registre a signé"
        for file, listed in ((manifest.parent / one["file"], one["sha256"]) for one in content["files"]):
            if file.exists() and sha256(file.read_bytes()).hex() != listed:
                yield f"{file} : ce n’est pas le fichier que son manifeste nomme"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for option in ("--kept", "--key"):
        parser.add_argument(option, type=Path)
    given = parser.parse_args()
    beside = given.folder.parent if given.folder.is_file() else given.folder
    key = given.key or min((given.kept or beside).rglob("*cle_publique.pem"), default=None)
    if not key:
        parser.error("aucune clé publique : demander cle_publique.pem au registre et la donner par --key")
    pem = key.read_bytes()
    public = [load_pem_public_key(one) for one in re.findall(rb"-----B[^-]+-----[^-]+-----E[^-]+-----", pem)]
    known = {sha256(one.public_bytes(Encoding.Raw, PublicFormat.Raw)).hex()[:16]: one for one in public}
    wrong = list(faults(given.folder, given.kept, known))
    print(
        "\n".join(wrong)
        or "Tout concorde : signatures, et ce qui est là d’appels, preuves, points de contrôle et manifestes."
    )
    sys.exit(bool(wrong))
