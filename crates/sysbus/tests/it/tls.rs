//! `https` boxes, and whom they have to convince.

use std::{path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use sysbus::{Endpoint, Error, NoAnswer, Session, Trust};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    calls::Get,
    scripted::{Scripted, config},
};

/// A box behind TLS, an authority that signed its certificate for 127.0.0.1, and one that has nothing to do with it.
struct Secure {
    port: u16,
    folder: tempfile::TempDir,
    _server: Scripted,
}

impl Secure {
    async fn new(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = authority();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let own = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        for (file, pem) in
            [("own.pem", own.pem()), ("ca.pem", authority.pem()), ("stranger.pem", self::authority().pem())]
        {
            std::fs::write(folder.path().join(file), pem).unwrap();
        }
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let server = Scripted::usual().await;
        let address = server.address;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut outside = acceptor.accept(stream).await?;
                    copy_bidirectional(&mut outside, &mut TcpStream::connect(address).await?).await
                });
            }
        });
        Self { port, folder, _server: server }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn read(&self, trust: Trust) -> Result<serde_json::Value, Error> {
        let mut config = config("127.0.0.1");
        config.endpoint = Endpoint::parse(&format!("https://127.0.0.1:{}", self.port), trust).unwrap();
        Session::new(config).read(&Get("A")).await
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn is_tls(outcome: &Result<serde_json::Value, Error>) -> bool {
    matches!(outcome, Err(Error::Unreachable { reason: NoAnswer::Tls, .. }))
}

#[tokio::test]
async fn a_certificate_has_to_be_trusted() {
    let server = Secure::new(&["127.0.0.1"]).await;
    let trusted = server.read(Trust::CaFile(server.file("ca.pem"))).await;
    assert_eq!(trusted.unwrap(), "A:get");
    let stranger = server.read(Trust::CaFile(server.file("stranger.pem"))).await;
    assert!(is_tls(&stranger), "{stranger:?}");
    let system = server.read(Trust::System).await;
    // A computer without any authority cannot check at all, and says so.
    assert!(is_tls(&system) || matches!(system, Err(Error::LocalFile(_))), "{system:?}");
    assert_eq!(server.read(Trust::Anyone).await.unwrap(), "A:get");
}

#[tokio::test]
async fn the_own_certificate_of_a_box_is_trusted_under_any_name() {
    let server = Secure::new(&["livebox.home"]).await;
    assert_eq!(server.read(Trust::CaFile(server.file("own.pem"))).await.unwrap(), "A:get");
    let authority = server.read(Trust::CaFile(server.file("ca.pem"))).await;
    assert!(is_tls(&authority), "{authority:?}");
}

#[tokio::test]
async fn a_certificate_file_that_cannot_be_used_is_named() {
    let server = Secure::new(&["127.0.0.1"]).await;
    std::fs::write(server.file("empty.pem"), "").unwrap();
    for file in ["missing.pem", "empty.pem"] {
        match server.read(Trust::CaFile(server.file(file))).await {
            Err(Error::LocalFile(text)) => assert!(text.contains(file), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_box_without_tls_is_told_apart() {
    let server = Scripted::usual().await;
    let mut config = server.config();
    config.endpoint = Endpoint::parse(&format!("https://{}", server.address), Trust::Anyone).unwrap();
    let outcome = Session::new(config).read(&Get("A")).await;
    assert!(is_tls(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_that_never_stands_was_never_used() {
    // Accepts, and leaves the handshake unanswered.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config("127.0.0.1");
    config.endpoint =
        Endpoint::parse(&format!("https://{}", listener.local_addr().unwrap()), Trust::Anyone).unwrap();
    let outcome = Session::new(config).read(&Get("A")).await;
    assert!(matches!(outcome, Err(Error::Unreachable { reason: NoAnswer::NoConnection, .. })), "{outcome:?}");
}
