"""What each authority may see of its journeys, brought up to date with the night."""

import dagster as dg

from dagster_project.defs.resources import OWNERS, Night
from dagster_project.reports.authority_export import ExportError, export
from dagster_project.warehouse import reading

_SIGNED = "manifests_are_as_the_registry_signed_them"


@dg.asset(
    key=["exports", "authority_journeys"],
    check_specs=[dg.AssetCheckSpec(_SIGNED, asset=["exports", "authority_journeys"])],
    deps=[["authorities", "authority_views"]],
    group_name="exports",
    kinds={"excel", "parquet", "csv"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    description="Annexe 3's columns of the journeys of each authority's territory and campaigns, by month.",
)
def export_authority_journeys(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Bring every authority's folder up to date."""
    try:
        with reading(night.lake) as connection:
            made = export(night.lake, connection, night.settings)
    except ExportError as error:
        raise dg.Failure(str(error)) from None
    files = [exported for of_authority in made.files.values() for exported in of_authority]
    return dg.MaterializeResult(
        metadata={
            "authorities": len(made.files),
            "files": len(files),
            "dagster/row_count": sum(f.rows for f in files),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_SIGNED, passed=not made.forged, metadata={"made_anew": made.forged}
            )
        ],
    )
