//! What cannot be read costs the others nothing, and nothing is lost to it.

use hookwright::{DeliveryState, EndpointSettings, Query, WebhookObject};

use super::fixture::{Fixture, Running, company, person, schedule, settings, until};
use super::receiver::{Arrival, Receiver};
use super::store::TestStore;

pub(super) async fn events_are_kept_for_an_endpoint_that_cannot_be_read<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/other").await;
    let wants = |settings: EndpointSettings| settings.wants("person.*".parse().expect("a pattern"));
    fixture.endpoint_of(wants(settings(&receiver, "/newer"))).await;
    fixture.endpoint_of(wants(settings(&receiver, "/damaged"))).await;
    let of_both = "WHERE url LIKE '%/newer' OR url LIKE '%/damaged'";
    let kept = fixture.texts(&format!("SELECT settings FROM hookwright_endpoint {of_both}")).await;
    let kept = kept[0].clone().expect("settings");
    let update = async |url: &str, settings: &str| {
        let update = "UPDATE hookwright_endpoint SET settings";
        fixture.execute(&format!("{update} = '{settings}' WHERE url LIKE '%{url}'")).await;
        // As a change does that a program makes.
        let raise = "UPDATE hookwright_meta SET number = number + 1 WHERE name = 'endpoints'";
        fixture.execute(raise).await;
    };
    // Of a newer program, whose concurrency this one does not understand; and no JSON at all.
    update("/newer", &kept.replace("\"concurrency\":8", "\"concurrency\":\"auto\"")).await;
    update("/damaged", "?").await;

    let running = fixture.start().await;
    let ids = fixture.emit_people(0..3).await;
    let unwanted = fixture.emit(&company(1).created()).await;
    receiver.wait_for_at("/other", 4).await;
    fixture.fanned_out().await;
    assert!(
        receiver.arrivals_at("/newer").is_empty() && receiver.arrivals_at("/damaged").is_empty()
    );
    let pending = Query::new().state(DeliveryState::Pending);
    let waiting = async |endpoint: &str| {
        let of = format!("(SELECT id FROM hookwright_endpoint WHERE url LIKE '%{endpoint}')");
        let count = format!("SELECT count(*) FROM hookwright_delivery WHERE endpoint = {of}");
        fixture.number(&count).await
    };
    assert_eq!(waiting("/newer").await, Some(3), "what it wants is understood");
    assert_eq!(waiting("/damaged").await, Some(4), "it may have wanted any");

    update("/newer", &kept).await;
    update("/damaged", &kept).await;
    for path in ["/newer", "/damaged"] {
        let arrivals = receiver.wait_for_at(path, 3).await;
        assert!(ids.iter().all(|id| arrivals.iter().any(|arrival| arrival.id() == *id)), "{path}");
    }
    fixture.settled().await;
    assert_eq!(receiver.arrivals_at("/newer").len(), 3);
    let of_unwanted = Query::new().event(&unwanted);
    fixture.outbox.history().deliveries(&of_unwanted).await.expect("a page");
    running.end().await;
    let page = fixture.outbox.history().deliveries(&pending).await.expect("a page");
    assert!(page.items().is_empty());
}

pub(super) async fn an_event_that_cannot_be_read_costs_the_others_nothing<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/").await;
    let spoiled = fixture.emit(&person("spoiled").created()).await;
    fixture.execute("UPDATE hookwright_event SET context = 'x'").await;
    let dispatcher = fixture.dispatcher().schedule(schedule(2, 10));
    let running = Running::start(dispatcher).await;
    fixture.emit(&person("fine").created()).await;
    receiver.wait_for(1).await;
    let dead = Query::new().state(DeliveryState::Dead);
    until("it has run out of attempts", || async {
        let page = fixture.outbox.history().deliveries(&dead).await.expect("a page");
        page.items().first().is_some_and(|delivery| *delivery.event_id() == spoiled)
    })
    .await;
    running.end().await;
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.iter().map(Arrival::object_id).collect::<Vec<_>>(), ["fine"]);
}
