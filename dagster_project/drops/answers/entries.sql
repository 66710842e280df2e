-- name: entries
select
    entries.*,
    campaigns.authority_id,
    campaigns.campaign_name
from finance.accounting_entries as entries
inner join catalogue.campaigns as campaigns on entries.campaign_id = campaigns.campaign_id
order by entries.operator_id, entries.entry_on, entries.journal_code, entries.entry_number, entries.line_number;
