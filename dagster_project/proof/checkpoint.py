"""A checkpoint: one closing's entries as a Merkle tree, chained to the checkpoint before and signed.

The tree has a leaf per operator, in the order of their ids. A leaf says the closing, the operator's sums and
the root over its own entries, so that one short path proves what an operator claims, whatever the number of
its journeys, and shows no other's figures. Names are French: authorities and operators hold checkpoints.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from dagster_project.contracts.ledger import CAMPAIGN_CAP_USES, CHECKPOINTS, CLOSINGS, part_of
from dagster_project.lake.store import Lake
from dagster_project.proof import merkle
from dagster_project.proof.signing import Signer

PURPOSE = "point de controle"
AMOUNTS = {  # of the ledger's columns, by their name in a leaf and in a file of lines
    "incentive_cents": "indemnite_centimes",
    "fee_ex_vat_cents": "commission_ht_centimes",
    "vat_cents": "tva_centimes",
}
_LINE = ("closing_number", "entry_number", "journey_digest", *AMOUNTS)
LINES_HEADER = ";".join(("cloture", "ecriture", "empreinte_du_trajet", *AMOUNTS.values()))
_KINDS = {"incentive": "indemnite", "fee": "commission"}

Values = dict[str, Any]


class CheckpointError(Exception):
    """A checkpoint of the ledger that cannot be read; the message names the place and the remedy."""


@dataclass(frozen=True)
class Checkpoint:
    """What the registry signed of one closing; `line` is it as the witness and every folder carry it."""

    body: Values
    signature: Values

    @classmethod
    def read(cls, line: str) -> "Checkpoint":
        """A checkpoint from its line. Raises CheckpointError."""
        try:
            content = json.loads(line)
            return cls(dict(content["point"]), dict(content["signature"]))
        except (KeyError, TypeError, ValueError):
            raise CheckpointError(
                "lake/warehouse/checkpoints, or the witness, holds a line that is no checkpoint. Remedy: of "
                "the lake, entrepot restore --damaged"
            ) from None

    @cached_property
    def sha256(self) -> str:
        """What the next checkpoint, documents and manifests name it by."""
        return hashlib.sha256(canonical(self.body)).hexdigest()

    @property
    def line(self) -> str:
        """One line of JSON, the same for the same checkpoint."""
        return canonical({"point": self.body, "signature": self.signature}).decode()

    @property
    def number(self) -> int:
        """The number of its closing."""
        return int(self.body["numero"])

    @property
    def closed_on(self) -> date:
        """The night that closed it."""
        return date.fromisoformat(self.body["cloture_le"])

    @property
    def reference(self) -> Values:
        """Number and hash, as documents and manifests name it."""
        return {"numero": self.number, "empreinte": self.sha256}

    def is_signed(self, signer: Signer) -> bool:
        """Whether the registry's key signed it."""
        return signer.holds(PURPOSE, canonical(self.body), self.signature)


@dataclass(frozen=True)
class Tree:
    """The tree of one closing: an operator's leaf each, in the order of their ids."""

    leaves: tuple[Values, ...]

    @cached_property
    def hashes(self) -> list[bytes]:
        """The leaves' hashes."""
        return [merkle.leaf_hash(canonical(leaf)) for leaf in self.leaves]

    @property
    def root(self) -> str:
        """The root, in hexadecimal."""
        return merkle.root(self.hashes).hex()

    def proof(self, operator_id: str) -> Values:
        """An operator's leaf and its path to the root. Raises LookupError where it has no entry."""
        operators = [leaf["operateur"] for leaf in self.leaves]
        if operator_id not in operators:
            raise LookupError(operator_id)
        at = operators.index(operator_id)
        beside = [sibling.hex() for sibling in merkle.path(self.hashes, at)]
        return {"feuille": self.leaves[at], "rang": at, "chemin": beside}


def tree(closing: Values, entries: pl.DataFrame) -> Tree:
    """The tree over a closing's entries; `closing` is its row."""
    by_operator = entries.sort("operator_id", "entry_number").partition_by("operator_id", maintain_order=True)
    leaves = [
        {
            "cloture": closing["closing_number"],
            "campagne": closing["campaign_id"],
            "nature": _KINDS[closing["kind"]],
            "du": closing["period_start_on"].isoformat(),
            "au": closing["period_end_on"].isoformat(),
            "operateur": of_operator["operator_id"][0],
            "ecritures": of_operator.height,
            **{name: int(of_operator[column].sum()) for column, name in AMOUNTS.items()},
            "racine": merkle.root([merkle.leaf_hash(line.encode()) for line in lines(of_operator)]).hex(),
        }
        for of_operator in by_operator
    ]
    return Tree(tuple(leaves))


def lines(entries: pl.DataFrame) -> list[str]:
    """Each entry as a leaf of its operator's tree, and as a line of the file that goes with a call."""
    texts = [pl.col(name).cast(pl.String) for name in _LINE]
    return entries.sort("entry_number").select(pl.concat_str(texts, separator=";")).to_series().to_list()


def make(
    closing: Values,
    entries: pl.DataFrame,
    previous: Checkpoint | None,
    signer: Signer,
    environment: str,
    uses_sha256: str,
) -> Checkpoint:
    """Sign a closing's checkpoint: its entries by their root; its row, what it used of its campaign's caps
    (`cap_uses_sha256`) and the one before by their hash.
    """
    operator_tree = tree(closing, entries)
    body = {
        "registre": environment,
        "numero": closing["closing_number"],
        "precedent": previous.sha256 if previous else "",
        "cloture_le": closing["business_date"].isoformat(),
        "cloture_empreinte": closing["closing_sha256"],
        "plafonds_empreinte": uses_sha256,
        "operateurs": len(operator_tree.leaves),
        "racine": operator_tree.root,
    }
    return Checkpoint(body, signer.sign(PURPOSE, canonical(body)))


def canonical(content: Values) -> bytes:
    """The one way to write a content that is hashed or signed: JSON, names sorted, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def cap_uses_sha256(lake: Lake, closing_number: int) -> str:
    """Of the file of a closing's uses of the caps of its whole campaign; empty where there is none."""
    file = lake.folder(CAMPAIGN_CAP_USES) / f"{part_of(closing_number)}.parquet"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""


def held(lake: Lake) -> tuple[Checkpoint, ...]:
    """The checkpoints of the ledger's closings, in their order. Raises CheckpointError."""
    closings = lake.read(CLOSINGS).height
    rows = lake.read(CHECKPOINTS).filter(pl.col("closing_number") <= closings).sort("closing_number")
    return tuple(Checkpoint.read(line) for line in rows["line"])
