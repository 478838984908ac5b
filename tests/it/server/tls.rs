//! The same over TLS, with certificates of every kind.

use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::Server;

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// What a certificate for this name says, unless it is changed.
pub(crate) fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

/// A server with a certificate of `authority` for `name`.
pub(crate) async fn serve(authority: &Authority, name: &str) -> (Server, u16) {
    serve_with(Some(authority), params(name)).await
}

/// A server with this certificate, of `authority`, or signed by itself.
pub(crate) async fn serve_with(
    authority: Option<&Authority>,
    params: CertificateParams,
) -> (Server, u16) {
    let key = KeyPair::generate().expect("a key");
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, authority),
        None => params.self_signed(&key),
    };
    serve_as(&certificate.expect("a certificate"), &key).await
}

async fn serve_as(certificate: &Certificate, key: &KeyPair) -> (Server, u16) {
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
