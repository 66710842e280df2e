{{ config(materialized='view') }}
{{ tariff_steps(ref('int_campaign_verdicts')) }}
