//! Addresses that are refused are never dialled: a server on loopback would tell.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hookwright::{Endpoint, Resolve, SendError, Sender, SenderBuilder, WebhookObject};

use super::{alice, local_sender};
use crate::server::Server;

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Answers every name with the next of its lists, and the last one for ever.
#[derive(Clone)]
struct Answers(Arc<(Vec<Vec<IpAddr>>, AtomicUsize)>);

impl Answers {
    fn new<const N: usize>(answers: [&[IpAddr]; N]) -> Self {
        let answers = answers.map(<[IpAddr]>::to_vec).to_vec();
        Self(Arc::new((answers, AtomicUsize::new(0))))
    }
}

impl Resolve for Answers {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let (answers, asked) = &*self.0;
        let turn = asked.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        Ok(answers[turn].clone())
    }
}

async fn send(sender: SenderBuilder, url: &str) -> Result<(), SendError> {
    let sender = sender.build().expect("a sender");
    let endpoint = Endpoint::new(url).expect("an endpoint");
    sender.send(&endpoint, &alice().created()).await.map(|_receipt| ())
}

fn reason(error: &SendError) -> String {
    error.source().expect("a reason").to_string()
}

#[tokio::test]
async fn a_literal_address_of_this_machine_is_refused_in_every_spelling() {
    let canary = Server::with_status(204).await;
    let port = canary.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "127。0。0。1",
        "①②⑦.0.0.1",
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            let error = send(Sender::builder(), &url).await.expect_err(&url);
            assert!(error.is_refused_address(), "{url}: {error:?}");
            assert!(!error.is_retryable(), "{url}");
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn what_the_operator_allows_is_dialled() {
    let server = Server::with_status(204).await;
    let url = server.url("/");
    assert!(send(Sender::builder(), &url).await.unwrap_err().is_refused_address());
    let exactly = format!("{}/32", server.address.ip()).parse().expect("a network");
    send(Sender::builder().allow(exactly), &url).await.expect("a receipt");
    let other = "10.0.0.0/8".parse().expect("a network");
    assert!(send(Sender::builder().allow(other), &url).await.unwrap_err().is_refused_address());
}

#[tokio::test]
async fn the_reason_is_told() {
    let error = send(Sender::builder(), "https://10.1.2.3/").await.unwrap_err();
    assert_eq!(error.to_string(), "the address of 10.1.2.3 is refused");
    assert_eq!(reason(&error), "10.1.2.3 is in 10.0.0.0/8, a private network");
}

#[tokio::test]
async fn cloud_metadata_is_refused_even_where_everything_is_allowed() {
    let everything = || {
        Sender::builder()
            .allow("0.0.0.0/0".parse().expect("a network"))
            .allow("::/0".parse().expect("a network"))
            .allow_host("metadata.internal")
    };
    for host in ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "2852039166"] {
        let error = send(everything(), &format!("http://{host}/")).await.unwrap_err();
        assert!(error.is_refused_address(), "{host}: {error:?}");
    }
    let metadata = [IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254))];
    let resolver = Answers::new([&metadata]);
    let error =
        send(everything().resolver(resolver), "http://metadata.internal/").await.unwrap_err();
    assert!(error.is_refused_address(), "{error:?}");
}

#[tokio::test]
async fn a_name_is_refused_when_any_of_its_addresses_is() {
    let canary = Server::with_status(204).await;
    let port = canary.address.port();
    let lists: [&[IpAddr]; 5] = [
        &[LOOPBACK],
        &[PUBLIC, LOOPBACK],
        &[LOOPBACK, PUBLIC],
        &[PUBLIC, IpAddr::V6(Ipv6Addr::LOCALHOST)],
        &[PUBLIC, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))],
    ];
    for addresses in lists {
        let sender = Sender::builder().resolver(Answers::new([addresses]));
        let url = format!("https://hooks.example.com:{port}/");
        let error = send(sender, &url).await.unwrap_err();
        assert!(error.is_refused_address(), "{addresses:?}: {error:?}");
        assert_eq!(error.to_string(), "the address of hooks.example.com is refused");
        // Another look-up may give another answer.
        assert!(error.is_retryable());
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_answer_between_checks_is_never_dialled() {
    let canary = Server::with_status(204).await;
    let url = format!("https://rebind.example.com:{}/", canary.address.port());
    let endpoint = Endpoint::new(&url).expect("an endpoint");
    // The checked answer is the dialled one, so that a second answer is never asked for.
    let refused = [LOOPBACK];
    let resolver = Answers::new([&refused]);
    let sender = Sender::builder().resolver(resolver.clone()).build().expect("a sender");
    for turn in 1..=200 {
        let error = sender.send(&endpoint, &alice().created()).await.unwrap_err();
        assert!(error.is_refused_address(), "{error:?}");
        assert_eq!(resolver.0.1.load(Ordering::Relaxed), turn, "one look-up an attempt");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn the_names_of_this_machine_are_refused() {
    let canary = Server::with_status(204).await;
    for host in ["localhost", "LOCALHOST", "localhost."] {
        let url = format!("https://{host}:{}/", canary.address.port());
        let error = send(Sender::builder(), &url).await.unwrap_err();
        // Some systems do not know the name with a dot.
        assert!(error.is_refused_address() || host.ends_with('.'), "{host}: {error:?}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn plain_http_is_refused_to_addresses_that_the_operator_does_not_allow() {
    let error = send(Sender::builder(), "http://93.184.216.34/").await.unwrap_err();
    assert!(error.is_refused_address(), "{error:?}");
    assert!(reason(&error).contains("https://"), "{}", reason(&error));

    let resolver = Answers::new([&[PUBLIC]]);
    let error =
        send(Sender::builder().resolver(resolver), "http://hooks.example.com/").await.unwrap_err();
    assert!(error.is_refused_address(), "{error:?}");
    assert!(reason(&error).contains("https://"), "{}", reason(&error));
}

#[tokio::test]
async fn a_name_that_the_operator_allows_is_dialled_wherever_it_leads() {
    let server = Server::with_status(204).await;
    let resolver = Answers::new([&[LOOPBACK]]);
    let sender = || Sender::builder().resolver(resolver.clone()).allow_host("receiver.internal");
    let port = server.address.port();
    send(sender(), &format!("http://Receiver.Internal:{port}/")).await.expect("a receipt");
    let error = send(sender(), &format!("http://other.internal:{port}/")).await.unwrap_err();
    assert!(error.is_refused_address());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_name_with_no_address_or_too_many_is_refused_and_a_failed_look_up_is_an_error() {
    struct Broken;

    impl Resolve for Broken {
        async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            Err(io::Error::other("the name server is away"))
        }
    }

    let server = Server::with_status(204).await;
    let url = format!("http://hooks.example.com:{}/", server.address.port());
    let network = || Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let most = vec![LOOPBACK; 256];
    send(network().resolver(Answers::new([&most])), &url).await.expect("a receipt");
    let many = vec![LOOPBACK; 257];
    for sender in [
        network().resolver(Answers::new([&[]])),
        network().resolver(Answers::new([&many])),
        network().resolver(Broken),
    ] {
        let error = send(sender, &url).await.unwrap_err();
        assert_eq!(error.to_string(), "no connection to hooks.example.com");
        assert!(error.is_retryable() && !error.is_refused_address());
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_look_up_that_does_not_end_is_a_time_out() {
    struct Silent;

    impl Resolve for Silent {
        async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            std::future::pending().await
        }
    }

    let sender = Sender::builder().resolver(Silent);
    let error = send(sender, "https://hooks.example.com/").await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn local_senders_of_other_tests_may_dial_loopback_only() {
    let endpoint = Endpoint::new("http://10.0.0.1/").expect("an endpoint");
    let error = local_sender().send(&endpoint, &alice().created()).await.unwrap_err();
    assert!(error.is_refused_address());
}
