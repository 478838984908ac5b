//! Secrets: at rest, and while they rotate.

use std::time::Duration;

use hookwright::{
    Clock, EndpointSettings, MasterKey, OutboxBuilder, Secret, Verifier, WebhookObject,
};

use super::fixture::{Fixture, Running, person, settings, until};
use super::receiver::{Arrival, Receiver};
use super::store::TestStore;

pub(super) async fn no_secret_lies_in_the_database<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let texts = [
        "first-s3cret-of-the-endpoint",
        "second-s3cret-of-the-endpoint",
        "Bearer t0k3n-in-a-header",
    ];
    let generated = Secret::generate();
    let settings = settings(&receiver, "/")
        .secret(Secret::new(texts[0]).expect("a secret"))
        .secret(Secret::new(texts[1]).expect("a secret"))
        .header("Authorization", texts[2])
        .expect("a header")
        .description("to be found");
    let id = fixture.endpoint_of(settings).await;
    let endpoints = fixture.outbox.endpoints();
    let day = Duration::from_hours(24);
    endpoints.rotate_secret(&id, generated.clone(), day).await.expect("it is there");
    let running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    running.end().await;

    let dump = S::dump(&fixture.place, &fixture.outbox).await;
    let holds = |bytes: &[u8]| {
        S::dumped(bytes).iter().any(|form| dump.windows(form.len()).any(|part| part == form))
    };
    assert!(holds(b"to be found"), "what is no secret is found so");
    for text in texts.into_iter().chain([generated.expose(), &fixture.key.to_base64()]) {
        assert!(!holds(text.as_bytes()), "{text}");
    }
    // They are there all the same, in their order.
    let read = endpoints.get(&id).await.expect("it is there").into_settings();
    let secrets: Vec<&str> = read.secrets().map(Secret::expose).collect();
    let [first, second, ..] = secrets[..] else { panic!("{} secrets", secrets.len()) };
    assert_eq!((first, second), (generated.expose(), super::fixture::SECRET));
    assert_eq!(secrets.len(), 4);
}

pub(super) async fn another_master_key_is_refused<S: TestStore>(fixture: Fixture<S>) {
    let other = OutboxBuilder::new().master_key(MasterKey::generate());
    let error = S::open(&fixture.place, other).await.expect_err("another key");
    assert!(error.is_master_key(), "{error:?}");
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("HOOKWRIGHT_MASTER_KEY"), "{error}");
    fixture.open_again().await.expect("its own key");
}

pub(super) async fn what_was_sealed_for_another_endpoint_is_not_used<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let thief = settings(&receiver, "/thief").secret(Secret::generate());
    let thief = fixture.endpoint_of(thief).await;
    let victim = fixture.endpoint(&receiver, "/victim").await;
    fixture.endpoint(&receiver, "/other").await;
    let stolen = format!(
        "UPDATE hookwright_endpoint SET sealed = (SELECT v.sealed FROM hookwright_endpoint AS v \
         WHERE v.endpoint_id = '{victim}') WHERE endpoint_id = '{thief}'"
    );
    assert_eq!(fixture.execute(&stolen).await, 1);
    let error = fixture.outbox.endpoints().get(&thief).await.expect_err("it cannot be read");
    assert!(error.is_master_key(), "{error:?}");

    let _running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    fixture.fanned_out().await;
    receiver.wait_for_at("/victim", 1).await;
    receiver.wait_for_at("/other", 1).await;
    // The one to the thief is kept until its endpoint can be read.
    until("the others are done", || async { fixture.count("hookwright_delivery").await == 1 })
        .await;
    assert!(receiver.arrivals_at("/thief").is_empty());
}

pub(super) async fn what_an_application_has_sealed_is_unsealed_in_its_context_only<S: TestStore>(
    fixture: Fixture<S>,
) {
    let outbox = &fixture.outbox;
    let sealed = outbox.seal("session key", b"s3cret");
    assert_eq!(sealed.len(), b"s3cret".len() + 45);
    assert_ne!(outbox.seal("session key", b"s3cret"), sealed);
    assert_eq!(
        outbox.unseal("session key", &outbox.seal("session key", b"")).expect("its own").len(),
        0
    );
    // By another process too, and whatever the tenant.
    let again = fixture.open_again().await.expect("its own key").tenant("acme").expect("an id");
    assert_eq!(again.unseal("session key", &sealed).expect("the same").as_slice(), b"s3cret");
    let mut changed = sealed.clone();
    *changed.last_mut().expect("bytes") ^= 1;
    for (context, sealed) in [("", &sealed[..]), ("session", &sealed), ("session key", &changed)] {
        let error = outbox.unseal(context, sealed).expect_err("not what it was");
        assert!(error.is_master_key(), "{error:?}");
        assert!(error.to_string().contains("in another context"), "{error}");
    }
    assert!(outbox.unseal("session key", b"").is_err());

    // With another key.
    let place = S::make_place().await;
    let other = OutboxBuilder::new().master_key(MasterKey::generate());
    let other = S::open(&place, other).await.expect("an outbox");
    let error = other.unseal("session key", &sealed).expect_err("another key");
    assert!(error.to_string().contains("HOOKWRIGHT_MASTER_KEY"), "{error}");
    other.pool().close().await;
    S::remove_place(place).await;

    // An endpoint's secrets are not an application's, and its sealed values no endpoint's secrets.
    let receiver = Receiver::new().await;
    let id = fixture.endpoint(&receiver, "/").await;
    let mut connection = outbox.pool().acquire().await.expect("a connection");
    let sealed = "SELECT sealed FROM hookwright_endpoint";
    let sealed = S::read_bytes(&mut connection, sealed).await.expect("bytes");
    assert!(outbox.unseal(&id.to_string(), &sealed).is_err());
}

fn standard(secret: &Secret) -> Verifier {
    Verifier::new(secret).standard_webhooks_only()
}

fn accepts(verifier: &Verifier, arrival: &Arrival) -> bool {
    verifier.verify(&arrival.headers, &arrival.body).is_ok()
}

pub(super) async fn a_secret_rotates_with_overlap<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let secrets = [(); 3].map(|()| Secret::generate());
    let [old, new, newest] = secrets.each_ref().map(standard);
    let first = EndpointSettings::new(&receiver.url("/")).expect("an endpoint");
    let id = fixture.endpoint_of(first.secret(secrets[0].clone())).await;
    let clock = Clock::default();
    let _running = Running::start(fixture.dispatcher().clock(clock.clone())).await;
    let endpoints = fixture.outbox.endpoints();
    let next = || {
        let (fixture, receiver) = (&fixture, &receiver);
        async move {
            // A turn that began before the clock was set ahead may send the first.
            for _ in 0..2 {
                fixture.emit(&person(1).created()).await;
                fixture.settled().await;
            }
            receiver.arrivals().pop().expect("it has arrived")
        }
    };

    let arrival = next().await;
    assert_eq!([&old, &new].map(|verifier| accepts(verifier, &arrival)), [true, false]);
    let hour = Duration::from_hours(1);
    endpoints.rotate_secret(&id, secrets[1].clone(), hour).await.expect("it is there");
    let arrival = next().await;
    assert_eq!([&old, &new].map(|verifier| accepts(verifier, &arrival)), [true, true]);
    // The documented scheme has room for the new secret's signature only.
    assert!(accepts(&Verifier::new(&secrets[1]), &arrival));

    // Rotated again: the first ends when it was to end, the second later.
    endpoints.rotate_secret(&id, secrets[2].clone(), 2 * hour).await.expect("it is there");
    let all = [&old, &new, &newest];
    let arrival = next().await;
    assert_eq!(all.map(|verifier| accepts(verifier, &arrival)), [true, true, true]);
    clock.advance(hour + Duration::from_secs(1));
    let arrival = next().await;
    assert_eq!(all.map(|verifier| accepts(verifier, &arrival)), [false, true, true]);
    clock.advance(hour);
    let arrival = next().await;
    assert_eq!(all.map(|verifier| accepts(verifier, &arrival)), [false, false, true]);

    // At once.
    let last = Secret::generate();
    endpoints.rotate_secret(&id, last.clone(), Duration::ZERO).await.expect("it is there");
    let arrival = next().await;
    assert!(!accepts(&newest, &arrival));
    assert!(accepts(&standard(&last), &arrival));
}

pub(super) async fn a_secret_is_renewed_as_the_kind_that_it_was<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let settings = || EndpointSettings::new(&receiver.url("/")).expect("an endpoint");
    let endpoints = fixture.outbox.endpoints();
    for (secret, prefix) in [
        (Some(Secret::generate_ed25519()), "whsk_"),
        (Some(Secret::generate()), "whsec_"),
        (Some(Secret::imported("your-secret").expect("a secret")), "whsec_"),
        (None, "whsec_"),
    ] {
        let old = secret.as_ref().map(|secret| secret.expose().to_owned());
        let settings = secret.into_iter().fold(settings(), EndpointSettings::secret);
        let id = fixture.endpoint_of(settings).await;
        let hour = Duration::from_hours(1);
        let renewed = endpoints.renew_secret(&id, hour).await.expect("it is there");
        let secrets: Vec<_> = renewed.settings().secrets().map(Secret::expose).collect();
        assert!(secrets[0].starts_with(prefix) && Some(secrets[0]) != old.as_deref());
        assert_eq!(secrets[1..], *old.as_slice());
        let stored = endpoints.get(&id).await.expect("it is there");
        assert!(stored.settings().secrets().map(Secret::expose).eq(secrets));
    }
}

pub(super) async fn no_more_secrets_sign_than_a_request_has_room_for<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let id = fixture.endpoint(&receiver, "/").await;
    let (endpoints, hour) = (fixture.outbox.endpoints(), Duration::from_hours(1));
    for _ in 1..EndpointSettings::MAX_SECRETS {
        endpoints.renew_secret(&id, hour).await.expect("there is room");
    }
    let error = endpoints.renew_secret(&id, hour).await.expect_err("there is none");
    assert!(error.is_too_many_secrets(), "{error:?}");
    let advice = "wait until one that is rotated out has expired, or rotate without an overlap";
    assert!(error.to_string().ends_with(advice), "{error}");
    let stored = endpoints.renew_secret(&id, Duration::ZERO).await.expect("the others expire");
    assert_eq!(stored.settings().secrets().count(), 1);
    endpoints.renew_secret(&id, hour).await.expect("there is room again");
}
