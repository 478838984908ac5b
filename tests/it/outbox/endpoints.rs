//! Endpoints as they are listed, found, and edited.

use std::num::NonZeroU32;
use std::time::Duration;

use hookwright::{
    EndpointSettings, Order, PrivateCa, RetrySchedule, Secret, Signing,
};

use super::fixture::Fixture;
use super::store::TestStore;

fn at(url: &str) -> EndpointSettings {
    EndpointSettings::new(url).expect("an endpoint")
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
