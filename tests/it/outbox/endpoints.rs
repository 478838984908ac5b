//! Endpoints as they are listed, found, and edited.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hookwright::{
    Cursor, DisabledReason, EndpointSettings, EndpointState, Order, Outbox, OutboxError, PrivateCa,
    Query, RetrySchedule, Secret, Signing, StoredEndpoint, Twenty,
};

use super::fixture::{Fixture, settings};
use super::receiver::Receiver;
use super::store::TestStore;

fn at(url: &str) -> EndpointSettings {
    EndpointSettings::new(url).expect("an endpoint")
}

/// The URLs of all pages, in order, each of which is but the last full.
async fn urls<S: TestStore>(outbox: &Outbox<S>, query: &Query, limit: usize) -> Vec<String> {
    let mut urls = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let query = query.clone().limit(limit);
        let query = cursor.map_or(query.clone(), |cursor| query.after(cursor));
        let page = outbox.endpoints().page(&query).await.expect("a page");
        assert!(page.items().len() <= limit);
        urls.extend(page.items().iter().map(|endpoint| endpoint.settings().url().to_string()));
        cursor = page.next().map(|cursor| cursor.to_string().parse().expect("a cursor"));
        if cursor.is_none() {
            return urls;
        }
        assert_eq!(page.items().len(), limit);
    }
}

pub(super) async fn they_are_read_a_page_at_a_time<S: TestStore>(fixture: Fixture<S>) {
    let all = &fixture.outbox;
    let acme = all.tenant("acme").expect("a tenant");
    let mut expected = Vec::new();
    for number in 0..7 {
        let url = format!("https://example.com/{number}");
        all.endpoints().create(at(&url)).await.expect("made");
        expected.insert(0, url);
    }
    let gone = *all.endpoints().create(at("https://example.com/gone")).await.expect("made").id();
    all.endpoints().delete(&gone).await.expect("it is there");
    acme.endpoints().create(at("https://acme.example/1")).await.expect("made");
    let second = acme.endpoints().create(at("https://acme.example/2")).await.expect("made");
    let of_acme = ["https://acme.example/2", "https://acme.example/1"];
    let expected = [of_acme.map(str::to_owned).to_vec(), expected].concat();

    for limit in [1, 2, 3, 8, 9, 10, 500] {
        assert_eq!(urls(all, &Query::new(), limit).await, expected, "{limit}");
        assert_eq!(urls(&acme, &Query::new(), limit).await, of_acme, "{limit}");
    }
    assert_eq!(all.endpoints().count().await.expect("a count"), 9);
    assert_eq!(acme.endpoints().count().await.expect("a count"), 2);
    let other = all.tenant("other").expect("a tenant");
    assert_eq!(other.endpoints().count().await.expect("a count"), 0);
    assert!(urls(&other, &Query::new(), 50).await.is_empty());

    let soon = Query::new().since(Utc::now() + TimeDelta::hours(1));
    assert!(urls(all, &soon, 50).await.is_empty());
    let until = Query::new().until(second.created_at() + TimeDelta::milliseconds(1));
    assert_eq!(urls(all, &until, 50).await, expected);
    let one = Query::new().endpoint(second.id());
    assert_eq!(urls(all, &one, 50).await, of_acme[..1]);
    assert!(urls(&other, &one, 50).await.is_empty());
}

pub(super) async fn they_are_found_by_a_text<S: TestStore>(fixture: Fixture<S>) {
    let outbox = &fixture.outbox;
    let acme = outbox.tenant("acme").expect("a tenant");
    acme.endpoints().create(at("https://hidden.example/Sales")).await.expect("made");
    for number in 0..5 {
        let settings = at(&format!("https://example.com/{number}"))
            .description(if number % 2 == 0 { "Größe \"A\" 100%" } else { "" })
            .wants("sales.created".parse().expect("a pattern"));
        outbox.endpoints().create(settings).await.expect("made");
    }
    outbox.endpoints().create(at("https://sales.example/hooks?a_b")).await.expect("made");

    let found = |text: &'static str, limit| async move {
        urls(outbox, &Query::new().text(text), limit).await
    };
    for limit in [1, 2, 3, 50] {
        let described = ["4", "2", "0"].map(|number| format!("https://example.com/{number}"));
        // Neither the case of letters counts, nor how the text is stored.
        for text in ["größe", "GRÖßE", "Größe", "\"a\"", "100%"] {
            assert_eq!(found(text, limit).await, described, "{text} {limit}");
        }
        // What an endpoint wants is neither its URL nor its description.
        let sales = ["https://sales.example/hooks?a_b", "https://hidden.example/Sales"];
        assert_eq!(found("SALES", limit).await, sales);
        assert_eq!(found("example.com", limit).await.len(), 5);
        assert_eq!(found("", limit).await.len(), 7);
    }
    // What stands for other letters in SQL does not here.
    assert_eq!(found("a_b", 50).await.len(), 1);
    assert!(found("s_les", 50).await.is_empty());
    assert!(found("sales%hooks", 50).await.is_empty());
    assert!(found("' OR 1 = 1 --", 50).await.is_empty());
    assert_eq!(urls(&acme, &Query::new().text("example"), 50).await.len(), 1);
}

/// Settings, as far as they can be read.
fn readable(settings: &EndpointSettings) -> String {
    let headers: Vec<&str> = settings.header_names().collect();
    let wanted: Vec<String> = settings.wanted().iter().map(ToString::to_string).collect();
    format!(
        "{} {:?} {wanted:?} {:?} {:?} {headers:?} {:?} {} {:?} {} {:?} {:?}",
        settings.url(),
        settings.description_text(),
        settings.chosen_format(),
        settings.chosen_signing(),
        settings.chosen_deadline(),
        settings.has_private_ca(),
        settings.chosen_per_second(),
        settings.chosen_concurrency(),
        settings.chosen_schedule(),
        settings.chosen_order(),
    )
}

pub(super) async fn settings_are_read_back_and_edited<S: TestStore>(fixture: Fixture<S>) {
    let endpoints = fixture.outbox.endpoints();
    let plain = at("https://example.com/hooks");
    let pattern = |text: &str| text.parse().expect("a pattern");
    let certificate = rcgen::generate_simple_self_signed(["example.com".to_owned()]);
    let pem = certificate.expect("a certificate").cert.pem();
    let secret = Secret::generate();
    let schedule = RetrySchedule::new([Duration::from_millis(1), Duration::from_hours(2)]);
    let full = plain
        .clone()
        .description("accounting")
        .secret(secret.clone())
        .wants(pattern("person.*"))
        .signing(Signing::DoubleEncoded)
        .header("Authorization", "Bearer t0k3n")
        .and_then(|settings| settings.header("X-Team", "sales"))
        .and_then(|settings| settings.deadline(Duration::from_millis(2500)))
        .expect("settings")
        .private_ca(PrivateCa::from_pem(pem.as_bytes()).expect("an authority"))
        .per_second(NonZeroU32::new(50).expect("not zero"))
        .concurrency(3)
        .schedule(schedule.clone())
        .order(Order::PerObject);
    let made = endpoints.create(full.clone()).await.expect("made");
    let read = endpoints.get(made.id()).await.expect("it is there").into_settings();
    assert_eq!(readable(&read), readable(&full));
    assert_eq!(read.header_names().collect::<Vec<_>>(), ["authorization", "x-team"]);
    assert_eq!(read.chosen_signing(), Signing::DoubleEncoded);
    assert_eq!(read.chosen_deadline(), Duration::from_millis(2500));
    assert_eq!(read.chosen_per_second(), NonZeroU32::new(50));
    assert_eq!(read.chosen_concurrency(), 3);
    assert_eq!(read.chosen_schedule(), Some(&schedule));
    assert_eq!(read.chosen_order(), Order::PerObject);
    assert!(read.has_private_ca());

    let edited = read.wants_only([pattern("deal.won")]).without_header("AUTHORIZATION");
    let stored = endpoints.update(made.id(), edited).await.expect("it is there");
    assert_eq!(stored.settings().wanted(), [pattern("deal.won")]);
    assert_eq!(stored.settings().header_names().collect::<Vec<_>>(), ["x-team"]);
    assert_eq!(stored.settings().secrets().count(), 1);

    let edited = stored
        .into_settings()
        .description("")
        .signing(Signing::default())
        .deadline(hookwright::Endpoint::DEFAULT_DEADLINE)
        .expect("a deadline")
        .wants_only([])
        .without_headers()
        .without_private_ca()
        .without_rate_limit()
        .concurrency(EndpointSettings::DEFAULT_CONCURRENCY)
        .without_schedule()
        .order(Order::Any);
    let stored = endpoints.update(made.id(), edited).await.expect("it is there");
    assert_eq!(readable(stored.settings()), readable(&plain));
    assert_eq!(stored.settings().secrets().count(), 1);
}

pub(super) async fn one_that_is_made_or_changed_and_disabled_at_once_sends_nothing<S: TestStore>(
    fixture: Fixture<S>,
) {
    let (old, new) = (Receiver::new().await, Receiver::new().await);
    let endpoints = fixture.outbox.endpoints();
    let _running = fixture.start().await;
    // An endpoint takes what no dispatcher has looked at, from the moment of its creation.
    fixture.emit_people(0..50).await;
    let made = endpoints.create_disabled(settings(&old, "/")).await.expect("it is made");
    let is_disabled = |endpoint: &StoredEndpoint| {
        matches!(endpoint.state(), EndpointState::Disabled { reason: DisabledReason::ByHand, .. })
    };
    assert!(is_disabled(&made));
    fixture.emit_people(50..60).await;
    fixture.fanned_out().await;
    assert!(old.arrivals().is_empty());

    endpoints.enable(made.id()).await.expect("it is there");
    old.wait_for(10).await;
    let url = new.url("/");
    let refused = endpoints.edit_and_disable(made.id(), |_| Err(Refusal)).await;
    assert!(refused.is_err());
    let stored = endpoints.get(made.id()).await.expect("it is there");
    assert_eq!(stored.state(), EndpointState::Active, "what is refused changes nothing");
    let moved = |now: EndpointSettings| Ok::<_, Refusal>(now.with_url(&url).expect("a URL"));
    let edited = endpoints.edit_and_disable(made.id(), moved).await.expect("it is changed");
    assert!(is_disabled(&edited));
    assert_eq!(edited.settings().url().as_str(), url);
    fixture.emit_people(60..70).await;
    fixture.fanned_out().await;
    assert!(new.arrivals().is_empty());
}

#[derive(Debug)]
struct Refusal;

impl From<OutboxError> for Refusal {
    fn from(error: OutboxError) -> Self {
        panic!("{error}")
    }
}

pub(super) async fn a_format_too_large_to_be_kept_with_each_event_is_refused<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let endpoints = fixture.outbox.endpoints();
    let most = "x".repeat(Twenty::MAX_ID);
    let fits = (0..Twenty::MAX_OBJECTS)
        .fold(Twenty::new(&most).webhook(&most), |format, object| {
            format.object(format!("object{object}"), &most)
        });
    let with = |format: &Twenty| settings(&receiver, "/").format(format.clone());
    let id = *endpoints.create(with(&fits)).await.expect("it fits").id();
    let longer = format!("{most}x");
    for format in [
        fits.clone().object("one more", "id"),
        Twenty::new(&longer),
        Twenty::new("id").webhook(&longer),
        Twenty::new("id").object("person", &longer),
        Twenty::new("id").object(&longer, "id"),
    ] {
        for refused in
            [endpoints.create(with(&format)).await, endpoints.update(&id, with(&format)).await]
        {
            let error = refused.expect_err("it is too large");
            let expected = "the format `Twenty` has 500 objects at most, and ids of 256 bytes";
            assert_eq!(error.to_string(), expected);
        }
    }
}
