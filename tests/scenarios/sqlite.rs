//! The scenarios on a file of SQLite.

use crate::place::Place;
use crate::{
    addresses, damage, hanging, hostile, killed, refusals, restarts, rollback, rotation, shutdown,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_is_killed_loses_nothing() {
    killed::dispatcher(Place::sqlite("killed").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_is_restarted_repeats_nothing() {
    restarts::rolling(Place::sqlite("restarts").await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_answers_are_waited_for_and_nothing_is_begun() {
    shutdown::with_answers(Place::sqlite("shutdown").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_receivers_that_hang_are_left_at_the_limit() {
    shutdown::without_answers(Place::sqlite("shutdown_hanging").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_transaction_that_was_rolled_back_is_seen() {
    rollback::in_five_ways(Place::sqlite("rollback").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_holds_its_own_slots_only() {
    hanging::one_of_twenty(Place::sqlite("hanging").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_answer_ends_at_a_limit() {
    hostile::answers(Place::sqlite("hostile").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_logged_and_never_followed() {
    refusals::of_every_kind(Place::sqlite("refusals").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_allowed_is_not_dialled() {
    addresses::that_nobody_allowed(Place::sqlite("addresses").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_not_dialled() {
    addresses::of_proxies(Place::sqlite("proxies").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_under_load_and_nothing_is_refused() {
    rotation::three_times(Place::sqlite("rotation").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_dispatcher_says_who_is_there_and_ends() {
    damage::second_dispatcher(Place::sqlite("second_dispatcher").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_left_alone() {
    damage::foreign_file(Place::sqlite("foreign_file").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_is_refused() {
    damage::truncated_file(Place::sqlite("truncated_file").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_emptied_is_no_new_outbox() {
    damage::emptied_file(Place::sqlite("emptied_file").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_without_its_key_is_refused() {
    damage::key_file(Place::sqlite("key_file").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_of_the_header_is_told_or_harmless() {
    damage::header(Place::sqlite("header").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing() {
    damage::full_disk(Place::sqlite("full_disk").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_and_a_dispatcher_may_begin_at_once() {
    damage::begun_at_once(Place::sqlite("begun").await).await;
}
