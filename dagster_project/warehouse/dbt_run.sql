-- name: schema
create schema if not exists months;

-- name: files
-- The registry of month files (dbt/macros/by_month_names.sql).
create table if not exists months.files (
    model varchar,
    month_on date,
    made_from varchar,
    rows bigint,
    content varchar,
    head varchar,
    tail varchar,
    file varchar,
    is_made boolean
);

-- name: lake_files
-- Of which files of the lake each month of journeys is made: where there is a lake, the cache says it (cache.expose).
create table if not exists months.lake_files (
    month_on date,
    content varchar,
    bytes bigint
);

-- name: inputs
-- What the models of this run found in what they read.
create or replace table months.inputs (
    input varchar,
    month_on date,
    content varchar
);

-- name: failures
select
    test,
    failures,
    status
from tests.failures;

-- name: months
select
    model,
    count(*) filter (is_made) as made,
    count(*) filter (not is_made) as kept
from months.files
group by model;
