//! Events of several tenants, one of which emits many at once.

use std::sync::Arc;

use hookwright::{Order, Outbox, WebhookObject};
use tokio::sync::Semaphore;

use super::fixture::{Fixture, Person, company, emit, person, settings, until};
use super::receiver::{Arrival, Receiver};
use super::store::TestStore;

/// So many that it takes a dispatcher some time to fan them out.
const BURST: usize = 5_000;
/// More than overtake at once.
const OVERTAKING: usize = 20;

pub(super) async fn another_tenants_burst_is_overtaken<S: TestStore>(fixture: Fixture<S>) {
    let [busy, calm] = ["busy", "calm"].map(|id| fixture.outbox.tenant(id).expect("an id"));
    let never = Receiver::behind(&Arc::new(Semaphore::new(0))).await;
    busy.endpoints().create(settings(&never, "/")).await.expect("an endpoint");
    let receiver = Receiver::new().await;
    calm.endpoints().create(settings(&receiver, "/")).await.expect("an endpoint");

    emit_burst(&busy).await;
    let mut ids = Vec::new();
    for _ in 0..OVERTAKING {
        ids.push(emit(&calm, &company("of one object").created()).await.to_string());
    }

    let _running = fixture.start().await;
    receiver.wait_for(1).await;
    let left = fixture.count("hookwright_fresh").await;
    assert!(left > 1_000, "the burst was fanned out before: {left}");
    let mut arrived: Vec<String> =
        receiver.wait_for(OVERTAKING).await.iter().map(Arrival::id).collect();
    arrived.sort_unstable();
    ids.sort_unstable();
    assert_eq!(arrived, ids);

    // When the line is over, all are fanned out once, and so is what comes after it.
    fixture.fanned_out().await;
    emit(&calm, &company("of another").created()).await;
    receiver.wait_for(OVERTAKING + 1).await;
    let burst = i64::try_from(BURST).expect("a count");
    until("those of the burst alone wait", || async {
        fixture.count("hookwright_delivery").await == burst
    })
    .await;
    assert_eq!(receiver.arrivals().len(), OVERTAKING + 1);
}

pub(super) async fn what_commits_late_comes_before_what_followed_it<S: TestStore>(
    fixture: Fixture<S>,
) {
    if S::HAS_ONE_WRITER {
        return;
    }
    let never = Receiver::behind(&Arc::new(Semaphore::new(0))).await;
    let of_people = settings(&never, "/").wants("person.*".parse().expect("a pattern"));
    fixture.endpoint_of(of_people).await;
    let receiver = Receiver::new().await;
    let of_companies = settings(&receiver, "/").wants("company.*".parse().expect("a pattern"));
    fixture.endpoint_of(of_companies.order(Order::PerObject)).await;

    let mut late = fixture.outbox.begin().await.expect("a transaction");
    let acme = company("late");
    let id = fixture.outbox.emit(&mut late, &acme.created()).await.expect("room").to_string();
    // Fanned out before all of the line is looked at again.
    emit_burst(&fixture.outbox).await;
    let burst = i64::try_from(BURST).expect("a count");
    let _running = fixture.start().await;
    until("a beginning", || async { fixture.count("hookwright_fresh").await < burst }).await;
    late.commit().await.expect("a commit");
    let next = fixture.emit(&acme.updated()).await;
    let arrived: Vec<String> = receiver.wait_for(2).await.iter().map(Arrival::id).collect();
    assert_eq!(arrived, [id, next.to_string()]);
    fixture.fanned_out().await;
}

async fn emit_burst<S: TestStore>(outbox: &Outbox<S>) {
    let people: Vec<Person> = (0..BURST).map(person).collect();
    let mut transaction = outbox.begin().await.expect("a transaction");
    let burst = people.iter().map(Person::created);
    assert_eq!(outbox.emit_all(&mut transaction, burst).await.expect("room"), BURST);
    transaction.commit().await.expect("a commit");
}
