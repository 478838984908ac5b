//! TLS with a private authority.

use std::sync::Arc;

use hookwright::{Endpoint, PrivateCa, SendError, Sender, WebhookObject};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::alice;
use crate::server::{Connection, Server};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A server with a certificate of `authority` for `name`.
async fn serve(authority: &Authority, name: &str) -> (Server, u16) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = Server::with_status(204).await;
    let log = server.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, log) = (acceptor.clone(), log.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut connection = log.over(stream);
                while let Ok(true) = connection.read_request().await {
                    let answer = b"HTTP/1.1 204 Fine\r\n\r\n";
                    if connection.write(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (server, port)
}

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
