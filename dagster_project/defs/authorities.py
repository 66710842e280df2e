"""What each authority may see of its journeys, brought up to date with the night."""

import dagster as dg

from dagster_project import outputs
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, OWNERS, Night, nights
from dagster_project.drops.troubles import Troubles
from dagster_project.warehouse.cache import reading

_ASSET = ["exports", "authority_journeys"]
_OPEN = dg.AssetCheckSpec(
    "every_authority_has_access",
    asset=_ASSET,
    description="An authority that is not in production gets no journey; what its dossier lacks is named.",
)
_SIGNED = dg.AssetCheckSpec(
    "manifests_are_as_the_registry_signed_them",
    asset=_ASSET,
    description="Every manifest bore the registry's signature; a folder whose did not was made anew.",
)


@dg.asset(
    partitions_def=nights,
    key=_ASSET,
    freshness_policy=EVERY_NIGHT,
    deps=[
        ["authorities", name] for name in ("authority_views", "authority_extracts", "authority_shared_costs")
    ],
    group_name="exports",
    kinds={"excel", "parquet", "csv"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    check_specs=[_OPEN, _SIGNED],
    description="Annexe 3's columns of the journeys of each authority's territory and campaigns, by month.",
)
@tells_no_value
def export_authority_journeys(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Bring every authority's folder up to date."""
    with reading(night.lake) as connection:
        exports = outputs.authority_journeys(night.lake, connection, night.business_date(context), Troubles())
    files = [exported for of_authority in exports.files.values() for exported in of_authority]
    return dg.MaterializeResult(
        metadata={
            "authorities": len(exports.files),
            "files": len(files),
            "dagster/row_count": sum(f.rows for f in files),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_OPEN.name,
                passed=not exports.closed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"held_back": dict(exports.closed)},
            ),
            dg.AssetCheckResult(
                check_name=_SIGNED.name, passed=not exports.forged, metadata={"made_anew": exports.forged}
            ),
        ],
    )
