"""What to do about each check of a night that fails, in French: its page and its message say it.

Not here: the tests of models, over which a night stops (docs/mauvaise_nuit.md has those).
"""

from dagster_project.reports.shared.call_checks import ALERTS, ERRORS

_OURS = "une erreur de notre code, dont le lieu est dit : le corriger ; la nuit d’après reprend ce qui attend"
_FOLDER = "chaque entrée dit ce qui gêne dans le dossier de l’opérateur, et son remède"
_HELD = (
    "l’appel est retenu : revoir la règle de la campagne (entrepot explain déroule un trajet) ; il part la "
    "nuit où le compte y est"
)
_LOOK = "l’appel est parti : le regarder avec l’autorité avant qu’elle ne paie"
_PAGE = "une erreur de notre code : ne pas diffuser la page nommée, corriger, relancer la nuit"
_SHARED = "l’opérateur en a la liste dans ses réponses : lui demander d’où viennent ces sommes"
_ARCHIVE = "l’archive ne protège plus assez : ne pas la communiquer, et revoir les mois nommés"
REMEDIES = {
    **dict.fromkeys(ERRORS, _HELD),
    **dict.fromkeys(ALERTS, _LOOK),
    "every_drop_was_taken": _OURS,
    "every_request_was_answered": _OURS,
    "every_statement_was_taken": f"problèmes : {_FOLDER} ; erreurs : {_OURS}",
    "every_operators_folder_is_in_order": _FOLDER,
    "every_operator_has_its_answers": _FOLDER,
    "every_operators_folder_takes_its_attestations": _FOLDER,
    "every_payee_has_its_follow_up": _FOLDER,
    "every_operator_has_its_page": _FOLDER,
    "every_operators_folder_lets_go": _FOLDER,
    "every_operator_sends_as_usual": "appeler l’opérateur",
    "operators_seldom_contradict_each_other": "demander aux opérateurs nommés d’où viennent ces trajets",
    "decisions_are_about_known_journeys": "corriger l’identifiant dans la décision, ou la retirer",
    "every_change_of_a_rule_has_its_statement": "entrepot rule-statement la dit aux opérateurs",
    "every_operator_of_a_campaign_has_signed": "dater la convention que l’opérateur a signée",
    "every_authority_has_access": "compléter le dossier de l’autorité : ce qui manque est nommé",
    "the_chain_is_intact": "entrepot ledger verify dit quoi, entrepot restore --damaged rend le fichier",
    "no_journey_came_again_after_its_settlement": "rien n’est payé deux fois : appeler l’opérateur",
    "no_document_is_held_back": "lever la cause que dit chaque motif ; la pièce part la nuit d’après",
    "issued_documents_are_as_they_were_issued": (
        "la pièce a été redessinée, ou est à reprendre d’une copie : chercher qui l’a changée"
    ),
    "manifests_are_as_the_registry_signed_them": (
        "chercher qui a changé le dossier nommé ; le reprendre d’une copie, là où la nuit ne l’a pas refait"
    ),
    "nothing_is_past_its_term": "entrepot retention plan le montre ; relancer la nuit, qui le retire",
    "what_was_removed_is_in_no_file": (
        "retirer le fichier nommé, s’il se refait (export, cache), puis relancer la nuit"
    ),
    "no_erasure_is_half_done": "relancer entrepot person erase : il finit ce qu’il a commencé",
    "nobody_erased_was_sent_again": "dire à l’opérateur que cette personne a demandé l’effacement",
    "k_journeys_alike": _ARCHIVE,
    "an_attacker_is_right_once_in_k": _ARCHIVE,
    "nothing_small_is_told": _PAGE,
    "what_is_told_equals_the_journeys": _PAGE,
    "no_public_page_reaches_for_the_network": _PAGE,
    "public_pages_are_light": _PAGE,
    "no_page_reaches_for_the_network": _PAGE,
    "pages_are_light": _PAGE,
    "figures_are_those_of_answers": _PAGE,
    "printed_amounts_equal_the_warehouse": _PAGE,
    # Tests of models that warn.
    "assert_no_driver_earns_more_than_the_cost": _SHARED,
    "assert_no_driver_is_given_more_than_their_share": _SHARED,
    "assert_no_passenger_is_given_more_than_their_share": _SHARED,
    "assert_several_authorities_leave_a_part_of_the_cost": _SHARED,
    "assert_incentives_never_cover_all_of_a_shared_cost": _SHARED,
    "assert_operators_pass_on_all_of_an_incentive": (
        "la feuille « Rapprochement » de l’appel dit où : demander à l’opérateur pourquoi"
    ),
    "assert_operators_declare_what_campaigns_compute": "demander à l’opérateur pourquoi",
    "assert_no_subsidy_above_the_threshold_lacks_a_convention": "faire signer une convention avec l’autorité",
    "assert_no_pot_runs_dry_before_its_end": "prévenir l’autorité : la situation de la campagne dit quand",
    "assert_nothing_of_a_reconciliation_is_unexplained": "lire le rapprochement de la campagne",
    "assert_the_rate_of_every_late_invoice_is_written_down": "écrire le taux dans data/rules/juridique.yml",
    "assert_files_of_closed_claims_are_as_signed": "reprendre le fichier qui a été signé",
    "assert_no_journey_has_two_tables": "corriger le tarif de la campagne",
}
