{# A row that shares neither person nor local day with the first one delivered under its id: no correction of it. #}
{% macro is_stray(deliveries) %}
    coalesce(case
        when
            driver_identity_key in (
                first_value(driver_identity_key) over {{ deliveries }},
                first_value(passenger_identity_key) over {{ deliveries }}
            )
            or passenger_identity_key in (
                first_value(driver_identity_key) over {{ deliveries }},
                first_value(passenger_identity_key) over {{ deliveries }}
            )
            then false
        else
            cast(timezone('Europe/Paris', start_at) as date)
            != cast(timezone('Europe/Paris', first_value(start_at) over {{ deliveries }}) as date)
    end, false)
{% endmacro %}
