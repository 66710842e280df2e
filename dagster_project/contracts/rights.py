"""What persons have asked (JURIDIQUE étape 1): the register of requests, and whose processing is limited."""

import polars as pl

from dagster_project.contracts.lake_table import Table, column

KINDS = ("access", "rectify", "erase", "restrict", "lift", "return")
_DIGEST = column(pl.String, "Keyed digest of the identity key that was asked for.")

REQUESTS = Table(
    name="requests",
    zone="warehouse",
    grain="One row per request, person and night; it names nobody, so it stays.",
    columns={
        "business_date": column(pl.Date, "The day of the request."),
        "kind": column(
            pl.String,
            "access, rectify, erase, restrict, lift; return: somebody erased came back in a drop.",
        ),
        "person_digests": column(pl.String, "Keyed digests of the person's identity keys, by a space."),
        "journeys": column(pl.Int64, "Rows of journeys concerned, versions counted apart."),
        "persons_rows": column(pl.Int64, "Rows of identities concerned."),
        "rejected_rows": column(pl.Int64, "Rejected rows concerned."),
        "files": column(pl.Int64, "Files removed, or written anew."),
        "detail": column(
            pl.String,
            "Columns rectified; operators that sent somebody again; what a proof left out: values too short "
            "to search for, values that others have, too, files that wait in incoming/.",
        ),
        "values_searched": column(pl.Int64, "Erased values searched for; empty: no proof yet.", null=True),
        "files_searched": column(pl.Int64, "Files of the warehouse that were searched.", null=True),
        "files_found": column(pl.Int64, "Files that still held a value; 0 is the proof.", null=True),
    },
)

RESTRICTIONS = Table(
    name="restrictions",
    zone="active",
    grain="One row per identity key whose journeys are kept and not used (RGPD article 18).",
    columns={
        "identity_key": column(pl.String, "Internal pseudonym.", personal=True),
        "person_digest": _DIGEST,
        "restricted_on": column(pl.Date, "The day of the request."),
    },
)

ERASURES = Table(
    name="erasures",
    zone="active",
    grain="One row per value of a person whose erasure is under way; gone once it is proven.",
    columns={
        "person_digest": _DIGEST,
        "value": column(pl.String, "What is searched for once it is gone.", personal=True),
    },
)
