//! TLS with a private authority.

use hookwright::{Endpoint, PrivateCa, SendError, Sender, WebhookObject};
use tokio::net::TcpStream;

use super::alice;
use crate::server::tls::{Authority, authority, serve};
use crate::server::{Connection, Server};

async fn send(port: u16, authority: Option<&Authority>) -> Result<(), SendError> {
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let sender = sender.allow("::1/128".parse().expect("a network")).build().expect("a sender");
    let endpoint = Endpoint::new(&format!("https://localhost:{port}/")).expect("an endpoint");
    let endpoint = match authority {
        Some(authority) => {
            let pem = authority.pem();
            endpoint.private_ca(PrivateCa::from_pem(pem.as_bytes()).expect("an authority"))
        }
        None => endpoint,
    };
    sender.send(&endpoint, &alice().created()).await.map(|_receipt| ())
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_the_endpoint_names_it() {
    let (ours, other) = (authority(), authority());
    let (server, port) = serve(&ours, "localhost").await;
    send(port, Some(&ours)).await.expect("a receipt");
    for untrusted in [Some(&other), None] {
        let error = send(port, untrusted).await.unwrap_err();
        assert_eq!(error.to_string(), "no connection to localhost");
        assert!(error.is_retryable());
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = authority();
    let (server, port) = serve(&authority, "elsewhere.example.com").await;
    let error = send(port, Some(&authority)).await.unwrap_err();
    assert_eq!(error.to_string(), "no connection to localhost");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_speaks_no_tls_is_an_error() {
    let server = Server::playing(|mut connection: Connection<TcpStream>| async move {
        connection.write(b"HTTP/1.1 400 Speak TLS\r\n\r\n").await
    })
    .await;
    let error = send(server.address.port(), None).await.unwrap_err();
    assert_eq!(error.to_string(), "no connection to localhost");
}

#[test]
fn a_pem_that_is_no_certificate_is_refused() {
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = PrivateCa::from_pem(empty.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "a certificate of the private authority cannot be used");
    assert!(PrivateCa::from_pem(b"").is_err());
}
