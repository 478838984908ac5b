//! The scenarios on PostgreSQL.

use crate::place::Place;
use crate::{
    database_killed, frozen, hanging, killed, refusals, restarts, rollback, rotation, shutdown,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_is_killed_loses_nothing() {
    killed::dispatcher(Place::postgres("killed").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nothing() {
    database_killed::server(Place::postgres_server("server").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dispatchers_send_everything_once() {
    restarts::none_of(Place::postgres("two").await, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_dispatchers_send_everything_once() {
    restarts::none_of(Place::postgres("four").await, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dispatchers_that_are_restarted_repeat_nothing() {
    restarts::rolling(Place::postgres("restarts").await, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_was_frozen_changes_nothing_that_others_took_over() {
    frozen::in_mid_response(Place::postgres("frozen").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_may_be_frozen_at_any_moment() {
    frozen::at_any_moment(Place::postgres("frozen_any").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_answers_are_waited_for_and_nothing_is_begun() {
    shutdown::with_answers(Place::postgres("shutdown").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_receivers_that_hang_are_left_at_the_limit() {
    shutdown::without_answers(Place::postgres("shutdown_hanging").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_transaction_that_was_rolled_back_is_seen() {
    rollback::in_five_ways(Place::postgres("rollback").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_holds_its_own_slots_only() {
    hanging::one_of_twenty(Place::postgres("hanging").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_logged_and_never_followed() {
    refusals::of_every_kind(Place::postgres("refusals").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_under_load_and_nothing_is_refused() {
    rotation::three_times(Place::postgres("rotation").await).await;
}
