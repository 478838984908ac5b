//! What is refused before anything is dialled, and nothing but what would be refused later.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hookwright::{Endpoint, Resolve, SendError, Sender, SenderBuilder, WebhookObject};

use super::alice;

fn check(sender: SenderBuilder, url: &str) -> Result<(), SendError> {
    let endpoint = Endpoint::new(url).expect("an endpoint");
    sender.build().expect("a sender").check(endpoint.url())
}

fn refusal(sender: SenderBuilder, url: &str) -> (String, String) {
    let error = check(sender, url).expect_err(url);
    assert!(error.is_refused_address() && !error.is_retryable(), "{url}");
    assert_eq!((error.class(), error.duration()), ("refused address", None));
    (error.to_string(), error.source().expect("a reason").to_string())
}

fn allowing(network: &str) -> SenderBuilder {
    Sender::builder().allow(network.parse().expect("a network"))
}

#[tokio::test]
async fn the_reason_is_that_of_sending() {
    for url in [
        "https://10.1.2.3/",
        "http://127.0.0.1:9/",
        "https://[::1]/",
        "https://2130706433/",
        "http://1.1.1.1/",
        "https://169.254.169.254/",
    ] {
        let endpoint = Endpoint::new(url).expect("an endpoint");
        let sender = Sender::new().expect("a sender");
        let sent = sender.send(&endpoint, &alice().created()).await.expect_err(url);
        let reason = sent.source().expect("a reason").to_string();
        assert_eq!(refusal(Sender::builder(), url), (sent.to_string(), reason), "{url}");
    }
}

#[test]
fn names_of_loopback_are_refused_where_loopback_is() {
    for name in ["localhost", "LocalHost", "localhost.", "crm.localhost"] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{name}:8080/");
            let (_, reason) = refusal(Sender::builder(), &url);
            assert_eq!(reason, "127.0.0.1 is in 127.0.0.0/8, loopback", "{url}");
            refusal(allowing("10.0.0.0/8"), &url);
            check(allowing("127.0.0.0/8"), &url).expect("an allowed network");
            check(allowing("::1/128"), &url).expect("an allowed network");
            check(Sender::builder().allow_host(name), &url).expect("an allowed name");
        }
    }
    for name in ["localhost.example.com", "mylocalhost", "local"] {
        check(Sender::builder(), &format!("https://{name}/")).expect("any name");
    }
}

#[test]
fn plain_http_is_refused_where_no_address_of_a_name_can_be_allowed() {
    let url = "http://crm.example.com/hooks?token=t0k3n";
    assert_eq!(
        refusal(Sender::builder().allow_host("other.example.com"), url),
        (
            "the address of crm.example.com is refused".to_owned(),
            "crm.example.com is not an allowed host, and plain http:// is only for those: use https://".to_owned(),
        )
    );
    check(Sender::builder().allow_host("crm.example.com"), url).expect("an allowed name");
    // Whether the name leads there is told by a look-up, which is not made.
    check(allowing("10.0.0.0/8"), url).expect("an allowed network");
    check(Sender::builder(), "https://crm.example.com/").expect("https");
}

/// Counts its look-ups.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Resolve for Counting {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Vec::new())
    }
}

#[test]
fn nothing_is_looked_up() {
    let counting = Counting::default();
    for url in ["https://example.com/", "http://example.com/", "https://localhost/"] {
        drop(check(Sender::builder().resolver(counting.clone()), url));
    }
    assert_eq!(counting.0.load(Ordering::Relaxed), 0);
}
