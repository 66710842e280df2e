"""What an engineer sees in the Dagster UI: every asset says whose it is and what it holds."""

import re
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.contracts.lake_tables import TABLES
from dagster_project.definitions import definitions
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.nightly import night_schedule
from dagster_project.defs.resources import nights
from dagster_project.defs.warehouse import _made_of
from dagster_project.outputs import OUTPUTS
from dagster_project.warehouse import dbt_run
from dagster_project.warehouse.lineage import known
from dagster_project.watch.remedies import REMEDIES

SNAPSHOT = Path(__file__).with_name("asset_keys.txt")


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return definitions()


def test_asset_keys_are_the_known_ones(defs: dg.Definitions) -> None:
    keys = sorted(key.to_user_string() for key in defs.resolve_asset_graph().materializable_asset_keys)
    assert keys == SNAPSHOT.read_text().split()


def test_what_retention_and_rights_make_anew_is_all_that_the_night_exports(defs: dg.Definitions) -> None:
    keys = [key.path for key in defs.resolve_asset_graph().materializable_asset_keys]
    assert sorted(name for room, *name in keys if room == "exports") == sorted([name] for name in OUTPUTS)


def test_every_asset_has_owner_group_kind_sentence_and_personal_data_tag(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.owners, key
        assert node.group_name != "default", key
        assert node.kinds, key
        assert node.description and node.description.strip().endswith("."), key
        (code,) = node.metadata["dagster/code_references"].code_references
        assert Path(code.file_path).suffix == (".sql" if "dbt" in node.kinds else ".py"), key
        assert Path(code.file_path).exists() and "def tells_no_value" not in Path(code.file_path).read_text()
        if "dbt" in node.kinds:
            assert re.search(r"\bOne row\s+per [^.]+(\.\w+[^.]+)?\.\s*$", node.description), (
                f"the grain of {key}"
            )
        assert node.code_version, key
        assert node.partitions_def == nights, key
        assert node.tags["personal_data"] in ("yes", "no", "pseudonymised"), key
    lake = [graph.get(key) for key in graph.get_all_asset_keys() if key.path[0] == "lake"]
    assert len(lake) == len(TABLES)
    for node in lake:
        assert node.metadata["dagster/column_schema"] and node.description, node.key
        assert node.group_name != "default", node.key


def test_groups_are_drawn_in_the_order_of_the_night(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    group = {key: graph.get(key).group_name for key in graph.get_all_asset_keys()}
    before = {name: set() for name in group.values()}
    for key, name in group.items():
        before[name] |= {group[parent] for parent in graph.get(key).parent_keys} - {name}
    night = tuple(TopologicalSorter(before).static_order())  # raises where a group waits for one after it
    assert (night[0], night[-1], len(night)) == ("catalogue", "proof", 21)


def test_a_columns_lineage_leads_to_assets_of_the_graph(defs: dg.Definitions) -> None:
    assets = {".".join(key.path) for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert set(known()) <= assets and len(known()) > 150
    read = {table for model in known().values() for made_of in model.values() for table, _ in made_of}
    assert read <= assets
    words = "Made of finance.int_fund_call_journeys (fee_ex_vat_cents, incentive_cents, vat_cents)."
    assert _made_of(dg.AssetKey(["finance", "fund_calls"]), "total_cents") == words


def test_errors_of_assets_and_sensors_reach_dagster_through_the_border_alone(
    defs: dg.Definitions,
) -> None:
    border = tells_no_value.__code__.co_filename
    assets = [asset for asset in defs.resolve_asset_graph().assets_defs if asset.is_executable]
    assert len(assets) > 10 and defs.sensors
    for asset in assets:
        assert asset.op.compute_fn.decorated_fn.__code__.co_filename == border, asset.keys
    for sensor in defs.sensors:
        inner = getattr(sensor, "_run_status_sensor_fn", sensor._raw_fn)
        assert inner.__code__.co_filename == border, sensor.name


def test_every_check_says_what_it_asks(defs: dg.Definitions) -> None:
    checks = defs.resolve_asset_graph().asset_check_keys
    specs = [defs.resolve_asset_graph().get_check_spec(key) for key in checks]
    assert len(specs) > 100
    assert [spec.name for spec in specs if len(spec.description or "") < 10] == []
    ours = {spec.name for spec in specs if "dagster_dbt/unique_id" not in spec.metadata}
    of_models = (dbt_run.FOLDER / "tests").rglob("*.sql")
    warning = {file.stem for file in of_models if "severity='warn'" in file.read_text("utf-8")}
    assert set(REMEDIES) == ours | warning, "the night's page says what to do"


def test_what_every_night_makes_turns_late_on_its_page(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    watched = [key.path for key in graph.materializable_asset_keys if graph.get(key).freshness_policy]
    exports = [["exports", name] for name in OUTPUTS]
    others = [["feedback", "attestations"], ["lake", "drops"], ["ledger", "closings"]]
    assert sorted(watched) == sorted([*others, *exports])


def test_the_night_is_scheduled_for_paris_where_production_declares_it(
    defs: dg.Definitions, configure: Callable[..., None]
) -> None:
    configure(environment="production", schedule=True)
    schedule = night_schedule()
    assert schedule and schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "0 2 * * *" and schedule.execution_timezone == "Europe/Paris"
    assert schedule.job_name == "nightly"
    for environment, is_declared in (("production", False), ("staging", True)):
        configure(environment=environment, schedule=is_declared)
        assert night_schedule() is None
    assert not defs.schedules, "no click can start one"


def test_of_nights_that_wait_in_the_queue_the_earliest_is_first(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("nightly")
    first, second = (
        int(job.get_tags_for_partition_key(day, None)["dagster/priority"])
        for day in ("2021-03-31", "2021-04-01")
    )
    assert first > second


def test_the_sensor_offers_one_run_for_the_files_that_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster_project.defs.nightly import drops_waiting

    from .conftest import use

    lake = use(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        assert isinstance(drops_waiting(context), dg.SkipReason)
        incoming = lake.drops / "alpimob" / "incoming"
        incoming.mkdir(parents=True)
        (incoming / "trajets.csv.part").write_text("half")
        assert isinstance(drops_waiting(context), dg.SkipReason)
        (incoming / "trajets.csv").write_text("whole")
        first, second = drops_waiting(context), drops_waiting(context)
    assert first.run_requests[0].run_key == second.run_requests[0].run_key
