-- What is closed goes by what its closing saw, also where the signed file was edited since. Closing 0 is tonight's:
-- what is open goes by it, and what no night has written down yet.
with bands as (
    select
        bands.campaign_id,
        list(struct_pack(
            table_number := bands.table_number,
            table_words := tables.table_words,
            band := bands.band,
            from_m := bands.from_m,
            to_m := bands.to_m,
            is_cumulative := bands.is_cumulative,
            alternatives := bands.alternatives,
            flat_cents := bands.flat_cents,
            tenth_cents_per_km := bands.tenth_cents_per_km,
            price_words := bands.price_words
        ) order by bands.table_number, bands.band) as bands
    from {{ source('catalogue', 'campaign_bands') }} as bands
    inner join {{ source('catalogue', 'campaign_tables') }} as tables
        on bands.campaign_id = tables.campaign_id and bands.table_number = tables.table_number
    group by bands.campaign_id
),

caps as (
    select
        caps.campaign_id,
        list(
            { 'position': caps.position, 'counts': caps.counts, 'maximum': caps.maximum } order by caps.position
        ) as caps
    from {{ source('catalogue', 'campaign_caps') }} as caps
    group by caps.campaign_id
),

tonight as (
    select
        campaigns.campaign_id,
        0 as closing_number,
        campaigns.is_fee_per_seat,
        campaigns.fee_ex_vat_cents,
        campaigns.vat_basis_points,
        campaigns.billed_step_m,
        campaigns.campaign_id in (
            select adjustments.campaign_id
            from {{ source('catalogue', 'campaign_adjustments') }} as adjustments
        ) as is_adjusted,
        coalesce(bands.bands, []) as bands,
        coalesce(caps.caps, []) as caps
    from {{ source('catalogue', 'campaigns') }} as campaigns
    left join bands on campaigns.campaign_id = bands.campaign_id
    left join caps on campaigns.campaign_id = caps.campaign_id
)

select * from tonight
union all by name
select tonight.* replace (closings.closing_number as closing_number)
from tonight
inner join {{ ref('stg_closings') }} as closings on tonight.campaign_id = closings.campaign_id
anti join {{ ref('stg_closing_terms') }} as written on closings.closing_number = written.closing_number
union all by name
select
    closings.campaign_id,
    written.*
from {{ ref('stg_closing_terms') }} as written
inner join {{ ref('stg_closings') }} as closings on written.closing_number = closings.closing_number
