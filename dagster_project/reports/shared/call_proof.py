"""The proof that a fund call's lines are in the ledger's checkpoints and that their sum is its total.

It goes with the attestation, within the PDF. The call's lines lie beside it, one per ledger entry, without
any person: whoever holds them computes the root again. Not here: how a tree is made (proof).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from dagster_project.contracts.ledger import CLOSINGS, LEDGER_ENTRIES, part_of
from dagster_project.errors import DocumentError
from dagster_project.lake.store import Lake
from dagster_project.proof import merkle, witness
from dagster_project.proof.checkpoint import AMOUNTS, LINES_HEADER, Checkpoint, Tree, canonical, lines, tree
from dagster_project.reports.shared.signatory import Signatory

LINES_SUFFIX = ".lignes.csv"
Values = dict[str, Any]


@dataclass(frozen=True)
class CallProof:
    """Per closing that a call draws on: its checkpoint, the operator's leaf and its path; and the lines.

    `own` is the checkpoint of the call's own closing, in which an operator may have no line.
    """

    own: Checkpoint
    points: tuple[Checkpoint, ...]
    leaves: tuple[Values, ...]
    lines: tuple[str, ...]

    @property
    def content(self) -> Values:
        """What the PDF carries."""
        return {
            "points": [{"point": point.body, "signature": point.signature} for point in self.points],
            "feuilles": list(self.leaves),
        }

    @property
    def table(self) -> str:
        """The file of lines."""
        return "\n".join((LINES_HEADER, *self.lines, ""))

    def amounts(self) -> tuple[int, ...]:
        """Incentive, fee and VAT of all leaves, cents."""
        return tuple(sum(leaf["feuille"][name] for leaf in self.leaves) for name in AMOUNTS.values())


class Prover:
    """Makes the proofs of a night's calls; a closing's tree is made once."""

    def __init__(self, signatory: Signatory) -> None:
        self._lake, self._points = signatory.lake, signatory.points
        self._tree = cache(lambda number: rebuilt(self._lake, number))

    def prove(self, operator_id: str, closings: Sequence[int], called: int) -> CallProof:
        """The proof of one operator's call: of its lines in `closings`; `called` is the call's own closing.

        Raises ValueError where there is none.
        """
        points, leaves, entry_lines = {}, [], list[str]()
        for number in sorted({*closings, called}):
            if number > len(self._points):
                raise DocumentError(f"closing {number} has no checkpoint: the call has no proof")
            closing_tree, points[number] = self._tree(number), self._points[number - 1]
            if closing_tree.root != points[number].body["racine"]:
                raise DocumentError(f"closing {number} is not the one that its checkpoint signs")
            if number in closings:
                leaves.append(closing_tree.proof(operator_id))
                entry_lines += lines(
                    self._lake.read(LEDGER_ENTRIES, part_of(number)).filter(operator_id=operator_id)
                )
        return CallProof(points[called], tuple(points.values()), tuple(leaves), tuple(entry_lines))


def rebuilt(lake: Lake, number: int) -> Tree:
    """The tree of a closing, from the entries that the ledger holds now. Raises ValueError."""
    rows = lake.read(CLOSINGS, part_of(number)).to_dicts()
    if not rows:
        raise DocumentError(f"closing {number} is missing")
    return tree(rows[0], lake.read(LEDGER_ENTRIES, part_of(number)))


def is_held(values: Values, signatory: Signatory) -> bool:
    """Whether the ledger holds the closing that a call's attested values name."""
    named = [point for point in signatory.points if point.number == values["cloture"]]
    return any(
        point.body["cloture_empreinte"] == values["cloture_empreinte"]
        and point.sha256 == values.get("point_empreinte", point.sha256)
        for point in named
    )


def problems(values: Values, proof: Any, signatory: Signatory) -> Iterator[str]:
    """What stands between a call's attested values and the ledger as it is now, in French."""
    named = {point.sha256: point for point in signatory.points}
    try:
        sums, closings = _followed(values, proof, signatory)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = error if isinstance(error, ValueError) else "elle est absente ou illisible"
        yield f"preuve d’inscription au grand livre : {reason}"
        return
    if sums != {name: values[name] for name in AMOUNTS.values()}:
        yield "preuve d’inscription au grand livre : la somme des lignes n’est pas le montant attesté"
    seen = witness.read(witness.file(signatory.lake))
    for number, point in closings.items():
        if point.sha256 not in named:
            yield f"le grand livre ne tient plus la clôture n° {number} dont cet appel est tiré"
        elif point.line not in seen:
            yield f"le témoin n’a pas vu le point de contrôle n° {number} dont cet appel est tiré"
        elif _as_held(signatory.lake, number) != (point.body["cloture_empreinte"], point.body["racine"]):
            yield f"le grand livre a été réécrit : la clôture n° {number} n’est plus celle qu’il a signée"


def _followed(values: Values, proof: Values, signatory: Signatory) -> tuple[Values, dict[int, Checkpoint]]:
    """Sums of the leaves, and their checkpoints by closing. Raises ValueError where a path errs."""
    points = {
        point.number: point
        for point in (Checkpoint(entry["point"], entry["signature"]) for entry in proof["points"])
        if point.is_signed(signatory.signer)
    }
    sums = dict.fromkeys(AMOUNTS.values(), 0)
    for entry in proof["feuilles"]:
        leaf = entry["feuille"]
        point = points.get(leaf["cloture"])
        beside = [bytes.fromhex(text) for text in entry["chemin"]]
        root = point and merkle.followed(
            merkle.leaf_hash(canonical(leaf)), entry["rang"], point.body["operateurs"], beside
        )
        if not point or not root or root.hex() != point.body["racine"]:
            raise DocumentError(f"elle ne mène pas au point de contrôle n° {leaf['cloture']}")
        if (leaf["campagne"], leaf["operateur"]) != (values["campagne"], values["identifiant"]):
            raise DocumentError("elle est d’un autre opérateur ou d’une autre campagne")
        for name in sums:
            sums[name] += leaf[name]
    if len({entry["feuille"]["cloture"] for entry in proof["feuilles"]}) != len(proof["feuilles"]):
        raise DocumentError("une clôture y compte deux fois")
    return sums, points


def _as_held(lake: Lake, number: int) -> tuple[str, str]:
    """The hash and the root of a closing as the ledger has them now."""
    try:
        return lake.read(CLOSINGS, part_of(number))["closing_sha256"][0], rebuilt(lake, number).root
    except (IndexError, ValueError, pl.exceptions.PolarsError):
        return "", ""
