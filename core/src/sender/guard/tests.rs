use std::net::IpAddr;

use hyper_util::client::legacy::connect::HttpConnector;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

fn policy() -> Arc<AddressPolicy> {
    Arc::new(AddressPolicy::default().allow("127.0.0.0/8".parse().expect("a network")))
}

/// Connects to a listener on loopback as if a look-up had let it through.
async fn connect(guard: Guard, policy: Arc<AddressPolicy>) -> (Result<(), BoxError>, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let mut connector = PeerCheck { guard, policy }.layer(HttpConnector::new());
    let connected = connector.call(url.parse::<http::Uri>().expect("a URL")).await;
    (connected.map(|_connection| ()), listener)
}

#[tokio::test]
async fn a_connection_to_a_refused_peer_is_closed_before_anything_is_written() {
    for guard in [Guard::Https, Guard::Plain] {
        let (connected, listener) = connect(guard, Arc::default()).await;
        let error = connected.expect_err("loopback is refused");
        assert!(error.is::<RefusedAddress>(), "{error}");
        let (mut stream, _) = listener.accept().await.expect("it was dialled");
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.expect("it was closed");
        assert_eq!(read, b"");
    }
}

#[tokio::test]
async fn a_connection_to_an_allowed_peer_is_handed_on() {
    for guard in [Guard::Https, Guard::Plain] {
        let (connected, _listener) = connect(guard, policy()).await;
        connected.expect("loopback is allowed");
    }
    let (connected, _listener) = connect(Guard::AllowedName, Arc::default()).await;
    connected.expect("the name is allowed");
}

#[test]
fn each_rule_judges_by_what_the_operator_allows() {
    fn check(guard: Guard, address: &str, expected: bool) {
        let address: IpAddr = address.parse().expect("an address");
        let allowed = guard.judge(&policy(), address).is_ok();
        assert_eq!(allowed, expected, "{guard:?} {address}");
    }
    for (address, https, plain, allowed_name) in [
        ("93.184.216.34", true, false, true),
        ("127.0.0.1", true, true, true),
        ("10.0.0.1", false, false, true),
        ("169.254.169.254", false, false, false),
    ] {
        check(Guard::Https, address, https);
        check(Guard::Plain, address, plain);
        check(Guard::AllowedName, address, allowed_name);
    }
}
