{# First day of the calendar period of so many months (1, 3) that a date lies in. #}
{% macro period_start(day, months) -%}
    cast(make_date(year({{ day }}), ((month({{ day }}) - 1) // {{ months }}) * {{ months }} + 1, 1) as date)
{%- endmacro %}

{# Last day of a period, from its first. #}
{% macro period_end(start, months) -%}
    cast({{ start }} + to_months(cast({{ months }} as integer)) - interval 1 day as date)
{%- endmacro %}

{# First and last day of the call to come that a period's last day lies in; `opened`: where calls go on. #}
{% macro call_start(last_day, opened) -%}
    greatest({{ period_start(last_day, opened ~ '.months') }}, {{ opened }}.period_start_on)
{%- endmacro %}

{% macro call_end(last_day, opened) -%}
    greatest({{ period_end(period_start(last_day, opened ~ '.months'), opened ~ '.months') }}, {{ opened }}.period_end_on)
{%- endmacro %}

{# The local day of an instant, Europe/Paris: the day that months are made by. #}
{% macro local_day(instant) -%}
    cast(timezone('Europe/Paris', {{ instant }}) as date)
{%- endmacro %}
