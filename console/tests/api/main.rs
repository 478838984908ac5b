//! The REST API: every test is run over each store.

mod access;
mod events;
mod fixture;
mod hosts;
mod idempotency;
mod keys;
mod matrix;
mod openapi;
mod replays;
mod stats;
mod webhooks;

/// Runs every test on one store.
macro_rules! on_store {
    ($module:ident, $($topic:ident { $($test:ident,)* })*) => {
        mod $module {
            $(mod $topic {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let fixture = crate::fixture::Fixture::$module().await;
                    crate::$topic::$test(&fixture).await;
                    fixture.remove().await;
                })*
            })*
        }
    };
}

macro_rules! contract {
    ($($tests:tt)*) => {
        on_store!(sqlite, $($tests)*);
        on_store!(postgres, $($tests)*);
    };
}

contract! {
    access {
        a_key_is_asked_for_and_told_how_to_be_sent,
        a_revoked_key_is_refused,
        no_key_lies_in_the_database,
        the_first_key_is_made_once,
        an_application_may_say_who_asks,
        what_an_application_vouches_for_is_not_sent_by_another_site,
        a_key_is_good_where_its_use_cannot_be_noted,
    }
    events {
        an_event_of_another_program_arrives_as_it_was_written,
        an_event_that_is_none_is_refused_with_what_to_do,
        what_is_wrong_with_a_body_is_told_in_plain_words,
        an_event_is_checked_against_the_catalogue,
        an_event_is_read_back_with_its_body,
        a_delivery_is_read_back_with_its_request_and_attempts,
        a_delivery_is_sent_again,
        what_is_asked_for_is_filtered_a_page_at_a_time,
        what_does_not_count_for_a_list_is_refused,
        attempts_are_filtered_by_what_came_of_them,
        a_test_event_tells_what_came_of_it_and_is_not_kept,
    }
    hosts {
        a_request_for_another_host_is_refused,
        a_probe_may_know_an_address_alone,
        a_host_that_was_named_is_answered,
        what_is_too_large_is_refused,
        browsers_are_told_to_load_nothing_from_elsewhere,
    }
    idempotency {
        a_repeated_write_is_done_once_and_answered_the_same,
        a_key_is_not_for_another_request,
        two_at_once_are_done_once,
        a_kept_answer_shows_no_secret_in_the_database,
        a_refused_request_may_be_made_again,
        who_goes_away_and_comes_again_finds_it_done_once,
        an_answer_that_cannot_be_read_any_more_is_told,
        an_answer_is_kept_in_little_more_than_its_own_size,
        what_is_too_old_counts_no_longer_and_is_removed_now_and_then,
        the_first_request_of_all_may_be_such_a_one,
    }
    keys {
        a_key_is_made_told_once_and_listed,
        a_key_without_name_or_scope_is_refused,
        a_tenants_key_makes_keys_of_that_tenant_alone,
    }
    matrix {
        every_route_asks_for_its_scope_and_keeps_tenants_apart,
    }
    openapi {
        the_document_names_every_route_and_where_it_is_mounted,
    }
    replays {
        a_recovery_is_followed_and_asked_for_again_the_same,
        a_replay_is_cancelled,
        a_span_that_ends_before_it_begins_is_refused,
    }
    stats {
        what_was_delivered_and_what_waits_is_counted,
    }
    webhooks {
        a_webhook_is_made_read_changed_and_deleted,
        every_member_that_is_wrong_is_named_at_once,
        an_address_that_the_server_refuses_is_refused_with_the_reason,
        a_secret_is_told_once,
        a_secret_is_rotated,
        what_is_null_is_removed_and_what_is_missing_stays,
        a_webhook_that_was_read_can_be_sent_back,
        every_format_is_told_as_it_was_given,
        there_are_pages_of_webhooks,
        what_nobody_could_receive_by_is_refused_beside_its_member,
        operations_are_checked_against_the_catalogue,
        two_changes_and_a_rotation_at_once_are_all_made,
        nothing_is_longer_than_it_may_be,
        nul_is_refused_where_a_database_knows_none,
    }
}
