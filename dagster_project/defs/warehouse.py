"""dbt: staging, active base, incentives, fund calls; tests are asset checks. Published only when all hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from dagster_project.contracts.small_counts import shown
from dagster_project.defs.code import lies_in
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import OWNERS, Night, nights, row_count
from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache, dbt_run
from dagster_project.warehouse.lineage import known

# What a model waits for, that its text does not name.
_AFTER = {
    # What has ended is not built.
    dg.AssetKey(["active", "int_deliveries"]): dg.AssetKey(["retention", "removals"]),
    dg.AssetKey(["finance", "int_settled_lines"]): dg.AssetKey(["ledger", "closings"]),
}

# A folder is a group, which the graph draws as one. What the night makes of a folder at another moment stands
# in a group of its own: else groups would wait for each other. Why: D-219.
_GROUPS = {
    model: group
    for group, models in {
        "staging": "int_deliveries",
        "active_base": "journeys int_evaluated_areas int_evaluated_journeys journey_notices",
        "settled": "settled_entries open_periods closing_calls int_closing_months int_closed_claims "
        "int_settled_pairs int_settled_cap_steps int_settled_uses",
        "campaigns": "opening_balances",
        "advances": "advances advances_due advance_steps advance_holdings advance_alerts_due "
        "int_advance_accounts int_advance_shares int_advance_calls call_pots pot_days pot_states "
        "pot_reviews_due accounting_entries",
        "reconciliation": "demands demand_accounts int_known_demands payment_parts payment_verdicts "
        "reconciliations reconciled_journeys reconciliation_reasons",
    }.items()
    for model in models.split()
}

_COLUMNS = "dagster/column_schema"
_SENTENCES = {
    "accepted_values": "{column_name} is one of {values}.",
    "not_null": "{column_name} is never null.",
    "unique": "No two rows have the same {column_name}.",
    "unique_together": "No two rows have the same {columns}.",
}


def _made_of(key: dg.AssetKey, column: str, sentence: str | None = None) -> str:
    """What a column's description ends with: "Made of staging.stg_closings (call_day_on, closing_number)."

    Dagster's own drawing of columns' lineage is for Dagster+ alone.
    """
    tables: dict[str, list[str]] = {}
    for table, read in known().get(".".join(key.path), {}).get(column, []):
        tables.setdefault(table, []).append(read)
    named = ", ".join(f"{table} ({', '.join(columns)})" for table, columns in tables.items())
    return " ".join(filter(None, (sentence, named and f"Made of {named}.")))


class Translator(DagsterDbtTranslator):
    """A dbt model's folder is its group, but for some; its first tag says whether it holds personal data."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The folder under models/, or the moment of the night."""
        return _GROUPS.get(dbt_resource_props["name"], str(dbt_resource_props["fqn"][1]))

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Whether the model holds personal data."""
        return {"personal_data": "yes" if "personal_data" in dbt_resource_props["tags"] else "no"}

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team owns the models."""
        return OWNERS

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """With its file, and with what the model waits for, though its text does not name it."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if model := manifest["nodes"].get(unique_id):  # else a source
            file = dbt_run.FOLDER / model["original_file_path"]
            spec = spec.merge_attributes(metadata=lies_in(file, 1, file.name))
            if described := spec.metadata.get(_COLUMNS):
                columns = [
                    dg.TableColumn(
                        column.name, column.type, _made_of(spec.key, column.name, column.description)
                    )
                    for column in described.columns
                ]
                spec = spec.merge_attributes(metadata={_COLUMNS: dg.TableSchema(columns)})
        if after := _AFTER.get(spec.key):
            return spec.replace_attributes(deps=[*spec.deps, dg.AssetDep(after)])
        return spec

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """With what the test asks, in a sentence."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(description=_sentence(manifest["nodes"][unique_id]))

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition[str]:
        """Every asset is of the night that made it."""
        return nights

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's own sentence; not its SQL, which the UI shows elsewhere."""
        return str(dbt_resource_props["description"])


def _sentence(test: Mapping[str, Any]) -> str:
    """What a dbt test asks: of a generic one by its kind, of another its own comment."""
    if asked := test.get("test_metadata"):
        return _SENTENCES[asked["name"]].format(**asked["kwargs"])
    lines = [line for line in test["raw_code"].splitlines() if line.startswith("--")]
    return " ".join(line.removeprefix("--").strip() for line in lines)


_MANIFEST = dbt_run.manifest(Lake().dbt_output).writable_manifest().to_dict(omit_none=False)


def _dbt_assets(
    name: str, folders: Sequence[str]
) -> Callable[[Callable[..., Iterator[Any]]], dg.AssetsDefinition]:
    return dbt_assets(
        manifest=_MANIFEST,
        dagster_dbt_translator=Translator(),
        select=" ".join(folders),
        exclude="resource_type:unit_test",
        name=name,
    )


@_dbt_assets("evaluation", cache.EVALUATION)
@tells_no_value
def evaluate(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Build the cache beside the one that is read, up to the amounts that closings read."""
    yield from _built(context, night, cache.evaluate)


@_dbt_assets("documents", cache.DOCUMENTS)
@tells_no_value
def document(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Build the rest beside it, test it, rename the cache into place."""
    yield from _built(context, night, cache.document)


def _built(
    context: dg.AssetExecutionContext,
    night: Night,
    build: Callable[[Lake, date], list[dbt_run.NodeResult]],
) -> Iterator[Any]:
    checks = list(context.assets_def.check_specs)
    try:
        results = build(night.lake, night.business_date(context))
    except dbt_run.BuildError as error:
        yield from _verdicts(checks, error.results)
        raise dg.Failure(str(error)) from None
    of_models = context.assets_def.metadata_by_key
    keys = {metadata["dagster_dbt/unique_id"]: key for key, metadata in of_models.items()}
    for result in results:  # in dbt's order: Dagster wants parents first
        if key := keys.get(result.unique_id):
            yield dg.MaterializeResult(key, metadata=_build_metadata(result, of_models[key], key))
    yield from _verdicts(checks, results)


def _build_metadata(
    result: dbt_run.NodeResult, of_model: Mapping[str, Any], key: dg.AssetKey
) -> dict[str, Any]:
    """Seconds, months, columns as built, and how many rows, where that points at nobody."""
    metadata: dict[str, Any] = {"seconds": result.seconds, **result.months}
    described = {column.name: column for column in of_model.get(_COLUMNS, dg.TableSchema([])).columns}
    if result.columns.keys() - described.keys():
        metadata[_COLUMNS] = dg.TableSchema(
            [
                dg.TableColumn(
                    name, dtype, described[name].description if name in described else _made_of(key, name)
                )
                for name, dtype in result.columns.items()
            ]
        )
    return metadata | (row_count(result.rows) if result.rows is not None else {})


def _verdicts(
    checks: Sequence[dg.AssetCheckSpec], results: Sequence[dbt_run.NodeResult]
) -> Iterator[dg.AssetCheckResult]:
    by_id = {result.unique_id: result for result in results}
    for check in checks:
        result = by_id.get(check.metadata["dagster_dbt/unique_id"])
        if result and result.status in ("pass", "warn", "fail"):
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=result.status == "pass",
                severity=dg.AssetCheckSeverity.WARN
                if result.status == "warn"
                else dg.AssetCheckSeverity.ERROR,
                metadata={"failing_rows": shown(result.failures)},
            )
