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

-- name: closing_files
-- The same of each closing's tables; of a monthly one, by the month (UTC) of its journeys.
create table if not exists months.closing_files (
    table_name varchar,
    closing_number bigint,
    month_on date,
    content varchar
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
-- Of what is kept whole, the month is that of all (month_of_all).
select
    model,
    bool_or(month_on = date '0001-01-01') as is_whole,
    count(*) filter (is_made) as made,
    count(*) filter (not is_made) as kept
from months.files
group by model;

-- name: rows
-- Of tables, which are written once, the estimate is the count; months lie in files.
select
    schema_name || '.' || table_name as relation,
    estimated_size
from duckdb_tables()
where database_name = 'entrepot'
union all
select
    model,
    sum(rows)::bigint as rows
from months.files
group by model;

-- name: columns
select
    schema_name || '.' || table_name as relation,
    column_name,
    lower(data_type) as data_type
from duckdb_columns()
where database_name = 'entrepot' and not internal
order by relation, column_index;
