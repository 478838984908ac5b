//! The kit for users' tests.

use std::time::Duration;

use hookwright::testing::{
    Clock, ReceivedRequest, Reply, TestDispatcher, TestOutbox, TestReceiver, snapshot,
};
use hookwright::{
    CloudEvents, DeliveryState, EndpointSettings, Event, Format, Outbox, Query, RetrySchedule,
    Secret, Sender, Sqlite, Twenty, WebhookObject,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject)]
struct Person {
    id: String,
    email: String,
}

/// Another type of the same name.
#[derive(Debug, Serialize, Deserialize, WebhookObject)]
#[webhook(name = "person")]
struct Other {
    id: u64,
}

fn person(id: &str) -> Person {
    Person { id: id.to_owned(), email: format!("{id}@example.com") }
}

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// An outbox with one endpoint.
async fn outbox_to(receiver: &TestReceiver) -> TestOutbox {
    let outbox = TestOutbox::new().await;
    outbox.endpoints().create(receiver.settings()).await.expect("an endpoint");
    outbox
}

/// The text of the panic that a test is to fail with.
async fn panic_of(failing: impl Future<Output = ()> + Send + 'static) -> String {
    let panic = tokio::spawn(failing).await.expect_err("it panics").into_panic();
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => (*other.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[tokio::test]
async fn the_whole_retry_schedule_is_walked_through_by_hand() {
    let receiver = TestReceiver::start().await;
    let outbox = outbox_to(&receiver).await;
    receiver.reply_always(Reply::status(500));
    let dispatcher = TestDispatcher::start(&outbox).await;
    let began = dispatcher.clock().now();
    let id = outbox.emit_now(&person("p1").created()).await;
    dispatcher.settle().await;
    let mut waits = Vec::new();
    while let Some(wait) = dispatcher.advance_to_next().await {
        waits.push(wait);
    }
    let schedule = RetrySchedule::default();
    assert_eq!(waits, schedule.waits());
    let all = 75 * HOUR + 35 * MINUTE + Duration::from_secs(5);
    assert_eq!(waits.iter().sum::<Duration>(), all);
    assert_eq!((dispatcher.clock().now() - began).to_std(), Ok(all));

    let requests = receiver.requests();
    let attempts: Vec<_> = requests.iter().filter_map(ReceivedRequest::attempt).collect();
    assert_eq!(attempts, (1..=10).collect::<Vec<_>>());
    for request in &requests {
        assert_eq!(request.header("webhook-id"), id.to_string());
        assert_eq!(request.body(), requests[0].body());
        assert!(request.is_verified(), "{:?}", request.verdict());
    }
    let page = outbox.history().deliveries(&Query::new()).await.expect("a page");
    assert_eq!(page.items()[0].state(), DeliveryState::Dead);
    dispatcher.end().await;
}

#[tokio::test]
async fn replies_are_given_in_turn_and_the_clock_stands_until_it_is_moved() {
    let receiver = TestReceiver::start().await;
    let outbox = outbox_to(&receiver).await;
    receiver.reply([
        Reply::status(503).retry_after(2 * HOUR),
        Reply::reset(),
        Reply::status(302).header("location", "https://example.com/").body("elsewhere"),
        Reply::status(204).after(Duration::from_millis(100)),
    ]);
    let short = RetrySchedule::new([Duration::from_millis(1), 10 * MINUTE, 20 * MINUTE]);
    let dispatcher =
        TestDispatcher::start_with(&outbox, |dispatcher| dispatcher.schedule(short)).await;
    outbox.emit_now(&person("p1").created()).await;
    dispatcher.settle().await;
    assert_eq!(receiver.requests().len(), 1);
    dispatcher.advance(HOUR).await;
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(dispatcher.advance_to_next().await, Some(HOUR));
    assert_eq!(receiver.requests().len(), 2);
    dispatcher.advance(9 * MINUTE).await;
    assert_eq!(receiver.requests().len(), 2);
    dispatcher.advance(MINUTE).await;
    assert_eq!(dispatcher.advance_to_next().await, Some(20 * MINUTE));
    assert_eq!(dispatcher.advance_to_next().await, None);

    let attempts = outbox.history().attempts(&Query::new()).await.expect("a page");
    let told: Vec<_> = attempts
        .items()
        .iter()
        .rev()
        .map(|attempt| (attempt.status().map(|status| status.as_u16()), attempt.error()))
        .collect();
    let [unavailable, reset, redirect, taken] = &told[..] else { panic!("{told:?}") };
    assert_eq!(unavailable.0, Some(503));
    assert_eq!(*reset, (None, Some("transport")), "{told:?}");
    assert_eq!(redirect.0, Some(302));
    assert_eq!(*taken, (Some(204), None));
    assert!(attempts.items()[0].duration() >= Duration::from_millis(100));
}

#[tokio::test]
async fn what_was_emitted_is_told_when_it_is_not_what_was_expected() {
    let outbox = TestOutbox::new().await;
    outbox.assert_none().await;
    let mut transaction = outbox.begin().await.expect("a transaction");
    outbox.emit(&mut transaction, &person("rolled back").created()).await.expect("room");
    drop(transaction);
    outbox.assert_none().await;

    let (before, after) = (person("p1"), Person { email: "b@example.com".into(), ..person("p1") });
    let application: Outbox<Sqlite> = outbox.outbox().clone();
    let mut transaction = application.begin().await.expect("a transaction");
    application.emit(&mut transaction, &before.created()).await.expect("room");
    transaction.commit().await.expect("a commit");
    let update = after.updated_from(&before).expect("data").expect("a change");
    let id = outbox.emit_now(&update).await;
    outbox.assert_emitted::<Person>("person.updated", |event| event.data().id == "p1").await;
    let updates = outbox.emitted_as::<Person>("person.updated").await;
    let [event] = &updates[..] else { panic!("{updates:?}") };
    assert_eq!(event.id(), Some(&id));
    assert_eq!(event.updated_fields(), ["email"]);
    let previous: Option<String> = event.previous_value("email").expect("a text");
    assert_eq!(previous.as_deref(), Some("p1@example.com"));
    outbox.assert_not_emitted("person.deleted").await;

    let all = "emitted (2):\n  person.created {\"id\":\"p1\",\"email\":\"p1@example.com\"}\n  \
        person.updated {\"id\":\"p1\",\"email\":\"b@example.com\"} changed: email";
    let missing = outbox.clone();
    let text = panic_of(async move {
        missing.assert_emitted::<Person>("person.deleted", |_| true).await;
    })
    .await;
    let text = told_here(&text);
    assert_eq!(text, format!("no `person.deleted` was emitted that is as expected\n{all}"));
    let otherwise = outbox.clone();
    let text = panic_of(async move {
        otherwise.assert_emitted::<Person>("person.updated", |event| event.data().id == "2").await;
    })
    .await;
    let text = told_here(&text);
    assert!(
        text.starts_with("no `person.updated` was emitted that is as expected; one is otherwise")
    );

    let unread = outbox.clone();
    let text = panic_of(async move {
        unread.assert_emitted::<Other>("person.created", |event| event.data().id == 1).await;
    })
    .await;
    assert!(text.contains("; one cannot be read: `person.created`: `data.id`"), "{text}");
    let unread = outbox.clone();
    let text =
        panic_of(async move { drop(unread.emitted_as::<Other>("person.created").await) }).await;
    assert!(told_here(&text).starts_with("`person.created`: `data.id`"), "{text}");
    assert!(text.ends_with(all), "{text}");
    let some = outbox.clone();
    let text = panic_of(async move { some.assert_none().await }).await;
    assert_eq!(told_here(&text), format!("something was emitted\n{all}"));
    let deleted = outbox.clone();
    let text = panic_of(async move { deleted.assert_not_emitted("person.created").await }).await;
    assert_eq!(told_here(&text), format!("`person.created` was emitted\n{all}"));
    let text = panic_of(async move {
        drop(outbox.emit_now(&person(&"1".repeat(2 << 20)).created()).await);
    })
    .await;
    assert!(told_here(&text).starts_with("not emitted: "), "{text}");
}

/// What a panic tells after the line that has asked, which is one of this file.
fn told_here(text: &str) -> &str {
    let (place, told) = text.split_once(": ").expect("a place");
    let line = place.split(':').nth(1).and_then(|line| line.parse::<u32>().ok());
    assert!(place.contains("testing.rs:") && line.is_some_and(|line| line > 120), "{text}");
    assert!(!place.contains("testing/outbox.rs"), "{text}");
    told
}

#[tokio::test]
async fn a_name_that_no_event_of_the_type_has_is_a_mistake_of_the_test() {
    let outbox = TestOutbox::new().await;
    let spaced = outbox.clone();
    let text = panic_of(async move { spaced.assert_not_emitted("person created").await }).await;
    assert!(text.starts_with("\"person created\" is not an event's name: write"), "{text}");

    let expected = "`it::testing::Person` is read from an event of the object `person`, and never \
        from `deal.won`";
    let other = outbox.clone();
    let text = panic_of(async move {
        other.assert_emitted::<Person>("deal.won", |_| true).await;
    })
    .await;
    assert_eq!(text, expected);
    let text = panic_of(async move { drop(outbox.emitted_as::<Person>("deal.won").await) }).await;
    assert_eq!(text, expected);
}

#[tokio::test]
async fn everything_that_was_emitted_is_told_in_order_and_the_file_goes_with_it() {
    let outbox = TestOutbox::new().await;
    let people: Vec<Person> = (0..1200).map(|id| person(&id.to_string())).collect();
    let events: Vec<_> = people.iter().map(Person::created).collect();
    let mut transaction = outbox.begin().await.expect("a transaction");
    outbox.emit_all(&mut transaction, &events).await.expect("room");
    transaction.commit().await.expect("a commit");
    let emitted = outbox.emitted().await;
    let ids = |event: &hookwright::RawEvent| event.id().map(ToString::to_string);
    let expected: Vec<_> = events.iter().map(|event| event.id().map(ToString::to_string)).collect();
    assert_eq!(emitted.iter().map(ids).collect::<Vec<_>>(), expected);

    let file = outbox.pool().connect_options().get_filename().to_owned();
    let directory = file.parent().expect("a directory");
    assert!(directory.exists());
    let clone = outbox.clone();
    drop(outbox);
    assert!(directory.exists());
    drop(clone);
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_receiver_tells_what_it_was_sent_without_an_outbox_too() {
    let receiver = TestReceiver::start().await;
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let sender = sender.build().expect("a sender");
    let alice = person("alice");
    sender.send(&receiver.endpoint(), &alice.created()).await.expect("it is acknowledged");
    let strangers = receiver.endpoint().secret(Secret::generate());
    let stranger = hookwright::Endpoint::new(&receiver.url("/other?a=b")).expect("a URL");
    sender.send(&stranger, &alice.created()).await.expect("it is acknowledged");
    sender.send(&strangers, &alice.created()).await.expect("it is acknowledged");
    let large = Person { email: "x".repeat(200_000), ..alice.clone() };
    receiver.reply([Reply::status(429)]);
    let error = sender.send(&receiver.endpoint(), &large.created()).await.expect_err("not taken");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(429));

    let requests = receiver.wait_for(4).await;
    let [first, unsigned, other, last] = &requests[..] else { panic!("{}", requests.len()) };
    assert_eq!((first.method().as_str(), first.target()), ("POST", "/"));
    assert_eq!(first.header("content-type"), "application/json");
    let event: Event<Person> = first.read().expect("it is verified");
    assert_eq!(event.data().email, alice.email);
    assert_eq!(unsigned.target(), "/other?a=b");
    assert!(!unsigned.is_verified());
    assert!(unsigned.read::<Event<Person>>().is_err());
    // One of two secrets is the receiver's.
    assert!(other.is_verified());
    assert_eq!(last.read::<Event<Person>>().expect("verified").data().email, large.email);
}

#[tokio::test]
async fn a_snapshot_of_each_format_is_the_same_at_every_run() {
    async fn bodies() -> Vec<String> {
        let receiver = TestReceiver::start().await;
        let outbox = TestOutbox::new().await;
        let cloud = CloudEvents::new("https://crm.example.com").expect("a URI");
        let formats: [Format; 4] = [
            Format::Documented,
            Format::Standard,
            cloud.into(),
            Twenty::new("workspace").object("person", "metadata").into(),
        ];
        for format in formats {
            let settings: EndpointSettings = receiver.settings().format(format);
            outbox.endpoints().create(settings).await.expect("an endpoint");
        }
        let dispatcher = TestDispatcher::start(&outbox).await;
        outbox.emit_now(&person("p1").created()).await;
        dispatcher.settle().await;
        let requests = receiver.requests();
        let mut bodies: Vec<_> = requests.iter().map(|request| snapshot(request.body())).collect();
        bodies.sort();
        bodies
    }
    let first = bodies().await;
    let data = r#"{"id":"p1","email":"p1@example.com"}"#;
    assert_eq!(first.len(), 4);
    let documented = format!(r#"{{"event":"person.created","data":{data},"timestamp":"[time]"}}"#);
    assert!(first.contains(&documented), "{first:#?}");
    assert!(first.iter().all(|body| body.contains(data)), "{first:#?}");
    assert_eq!(bodies().await, first);
}

#[test]
fn a_clock_stands_until_it_is_moved() {
    let clock = Clock::by_hand();
    let began = clock.now();
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(clock.now(), began);
    clock.clone().advance(HOUR);
    assert_eq!((clock.now() - began).to_std(), Ok(HOUR));
}
