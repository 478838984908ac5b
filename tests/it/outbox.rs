//! The contract of an outbox: every test is run over each store.

mod attempts;
mod connections;
mod emit;
mod endpoints;
mod fixture;
mod formats;
mod history;
mod leases;
mod limits;
mod notify;
mod operational;
mod order;
mod overtaking;
mod pages;
mod receiver;
mod request;
mod resend;
mod retention;
mod routing;
mod schema;
mod secrets;
mod sharing;
mod shutdown;
mod stats;
mod store;
mod telemetry;
mod trial;
mod unread;
mod untyped;

/// Runs every test of the contract on one store.
macro_rules! on_store {
    ($module:ident, $store:ty, $($topic:ident { $($test:ident,)* })*) => {
        mod $module {
            $(mod $topic {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::super::fixture::check(super::super::$topic::$test::<$store>).await;
                })*
            })*
        }
    };
}

macro_rules! contract {
    ($($tests:tt)*) => {
        on_store!(sqlite, hookwright::Sqlite, $($tests)*);
        on_store!(postgres, hookwright::Postgres, $($tests)*);
    };
}

contract! {
    emit {
        a_record_and_its_event_commit_together,
        what_is_rolled_back_is_never_delivered,
        data_that_has_no_body_leaves_the_transaction_as_it_was,
        many_events_are_written_at_once_or_none,
        an_event_that_is_emitted_twice_is_delivered_once,
        an_insert_by_plain_sqlx_is_the_same_row,
        a_begun_transaction_is_never_refused_while_the_dispatcher_works,
        a_transaction_that_read_first_can_be_run_again,
        a_transaction_that_the_database_itself_ended_spoils_none_after_it,
    }
    request {
        what_arrives_is_the_body_of_the_event_signed,
        an_update_arrives_with_its_old_values,
        every_attempt_has_the_same_id_body_and_trace,
        what_is_sent_can_be_read_in_the_format_of_the_delivery,
        what_is_sent_is_read_by_the_tenant_whose_event_and_endpoint_it_is,
    }
    routing {
        an_endpoint_gets_the_events_that_it_wants,
        an_endpoint_gets_updates_of_the_fields_that_it_names,
        what_names_fields_is_read_back_as_it_was_saved,
        a_tenants_events_reach_its_endpoints_only,
        a_tenant_sees_and_changes_what_is_its_own_only,
        a_tenants_id_is_of_visible_characters,
        an_endpoint_gets_events_from_its_creation_on,
        a_deleted_endpoint_gets_nothing_more_and_holds_nothing_back,
        a_disabled_endpoint_holds_its_events_until_it_is_enabled,
        an_update_counts_for_later_events,
        an_endpoint_that_is_not_there_is_not_found,
    }
    attempts {
        failed_attempts_are_logged_and_followed_by_others,
        an_exhausted_delivery_is_dead_until_it_is_recovered,
        a_delivery_that_was_failing_is_told_when_it_recovers,
        a_gone_endpoint_is_disabled_at_once,
        an_endpoint_that_asks_for_time_is_left_alone_as_a_whole,
        a_429_is_waited_out_for_a_minute_at_least,
        enabling_by_hand_ends_a_pause,
    }
    connections {
        an_endpoint_of_a_private_authority_is_used_as_it_was_stored,
        certificates_that_prove_nothing_are_no_connection,
        names_that_cannot_be_looked_up_are_no_connection,
        a_connection_that_was_closed_while_nobody_used_it_costs_no_attempt,
    }
    resend {
        a_delivery_of_any_state_can_be_sent_again,
        a_resend_that_waits_is_not_made_twice,
        a_resend_of_what_is_not_there_is_not_found,
        a_replay_sends_what_a_new_endpoint_wants_of_a_time_range,
        a_replay_that_runs_is_not_begun_twice_and_can_be_cancelled,
        replays_and_recoveries_are_listed_a_page_at_a_time,
        a_replay_begins_anew_what_is_dead_and_leaves_what_waits,
        a_replay_is_not_slowed_by_what_is_not_wanted,
        a_recovery_takes_nothing_that_dies_again,
        a_replay_waits_for_an_endpoint_that_cannot_be_read,
    }
    formats {
        each_format_arrives_with_what_its_bodies_tell,
        every_attempt_has_the_same_bytes_though_the_endpoint_is_changed,
        bodies_of_standard_webhooks_are_signed_by_it,
        a_format_is_stored_once_and_read_back,
        a_format_that_cannot_be_read_costs_the_others_nothing,
        public_keys_are_listed_while_they_sign,
    }
    leases {
        a_finish_with_a_lost_lease_changes_nothing,
        leases_of_earlier_runs_are_void_where_there_is_one_dispatcher,
        an_expired_lease_is_taken_over,
        a_delivery_whose_attempts_all_die_with_their_process_is_dead,
        a_lease_lasts_while_its_dispatcher_lives,
        a_second_dispatcher_is_refused_or_shares_the_work,
        a_delivery_that_is_there_already_is_not_sent_twice_at_fan_out,
        what_waited_for_a_dispatcher_is_leased_as_it_is_fanned_out,
    }
    unread {
        events_are_kept_for_an_endpoint_that_cannot_be_read,
        an_event_that_cannot_be_read_costs_the_others_nothing,
    }
    order {
        the_events_of_an_object_arrive_in_order,
        a_dead_event_lets_those_behind_it_pass,
        an_object_with_many_events_is_not_slow,
        one_event_of_an_object_is_due_and_the_others_are_left_alone,
        what_is_sent_again_keeps_its_order,
        nothing_is_left_behind_by_dispatchers_at_the_same_objects,
    }
    secrets {
        no_secret_lies_in_the_database,
        another_master_key_is_refused,
        what_was_sealed_for_another_endpoint_is_not_used,
        a_secret_rotates_with_overlap,
        a_secret_is_renewed_as_the_kind_that_it_was,
        no_more_secrets_sign_than_a_request_has_room_for,
        what_an_application_has_sealed_is_unsealed_in_its_context_only,
    }
    schema {
        several_that_open_a_new_database_make_one_schema,
        migrating_again_changes_nothing,
        tables_of_a_newer_program_are_refused,
        tables_of_an_older_program_are_left_to_a_migration,
        a_database_whose_tables_are_gone_says_what_to_do,
    }
    limits {
        an_endpoint_with_a_rate_gets_no_more,
        no_more_requests_are_under_way_than_are_allowed,
        a_connection_that_breaks_frees_its_slot,
        a_slow_endpoint_costs_the_others_nothing,
        the_only_slot_is_enough_for_a_slow_endpoint,
        every_endpoint_has_its_share_when_there_are_not_slots_for_all,
        an_event_with_large_old_values_waits_for_its_claim,
        an_endpoint_that_fails_is_left_alone_and_then_probed,
        a_probe_that_takes_long_and_fails_makes_the_pause_longer,
        an_endpoint_that_fails_for_five_days_is_disabled,
        when_most_endpoints_fail_at_once_none_is_disabled,
        endpoints_that_failed_before_a_restart_are_no_mass_failure,
    }
    sharing {
        the_health_of_endpoints_is_written_in_their_order,
        a_probe_does_not_wait_for_another_dispatcher,
    }
    overtaking {
        another_tenants_burst_is_overtaken,
        what_commits_late_comes_before_what_followed_it,
    }
    shutdown {
        what_is_under_way_is_recorded_and_nothing_new_is_begun,
        a_hanging_request_is_broken_off_and_its_lease_released,
        health_tells_whether_it_delivers,
    }
    telemetry {
        everything_that_is_counted_has_its_name,
        an_attempt_is_a_span_with_its_fields,
    }
    operational {
        they_reach_those_that_name_them_and_are_never_about_themselves,
        they_are_the_tenants_whose_endpoint_it_is,
    }
    endpoints {
        they_are_read_a_page_at_a_time,
        they_are_found_by_a_text,
        settings_are_read_back_and_edited,
        one_that_is_made_or_changed_and_disabled_at_once_sends_nothing,
        a_format_too_large_to_be_kept_with_each_event_is_refused,
    }
    trial {
        one_event_is_sent_as_a_dispatcher_would_send_it,
        what_fails_is_told_and_changes_nothing,
        an_endpoint_of_another_tenant_is_not_tried,
    }
    untyped {
        an_event_of_any_name_arrives_with_the_bytes_of_its_data,
        many_are_written_at_once_under_ids_of_their_own,
        data_that_is_too_large_is_refused_as_ever,
    }
    history {
        events_are_read_a_page_at_a_time,
        deliveries_are_read_a_page_at_a_time,
        attempts_are_read_a_page_at_a_time,
    }
    pages {
        no_delivery_is_left_out_or_told_twice,
    }
    stats {
        attempts_are_counted_by_endpoint_and_by_time,
        what_waits_is_counted_by_endpoint,
    }
    retention {
        what_is_over_is_deleted_and_the_rest_is_kept,
        events_that_nobody_wanted_are_kept_as_long,
        events_are_kept_for_a_week_and_attempts_and_dead_letters_for_a_month,
        replays_that_have_ended_and_deleted_endpoints_go_after_a_month,
        attempts_of_a_time_to_come_hold_back_none_behind_them,
    }
}
