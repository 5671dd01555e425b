//! An HTTP server to measure against, and which of the usual kinds it is.

use std::{error::Error as _, sync::Arc, time::Duration};

use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Url;

use crate::{Message, say};

/// The server used where none is configured.
const PUBLIC: &str = "https://speed.cloudflare.com/";
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long a server may keep silent.
const SILENCE: Duration = Duration::from_secs(10);

/// How a server gives and takes bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Style {
    /// `__down?bytes=N` and `__up`.
    Sized,
    /// `garbage.php?ckSize=MiB` and `empty.php`, in this folder.
    LibreSpeed(&'static str),
    /// One file.
    File,
}

/// A server to measure against.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    base: Url,
    style: Style,
}

impl Server {
    /// Finds out what the server is; the reason when it cannot be used.
    pub(crate) async fn find(configured: Option<&Url>) -> Result<Self, Message> {
        let base = match configured {
            Some(url) => url.clone(),
            None => Url::parse(PUBLIC).map_err(|error| unusable(&error.to_string()))?,
        };
        if !matches!(base.scheme(), "http" | "https") {
            return Err(unusable("only http and https are supported"));
        }
        let client = client(base.scheme() == "https").map_err(|problem| unusable(&problem))?;
        let mut server = Self { client, base, style: Style::Sized };
        // The answer has to have the size asked for: some servers answer every path with a page.
        if server.holds(&server.down(1_000), 1_000, true).await? {
            return Ok(server);
        }
        for folder in ["", "backend/"] {
            server.style = Style::LibreSpeed(folder);
            if server.holds(&server.down(1), 1_000_000, false).await? {
                return Ok(server);
            }
        }
        server.style = Style::File;
        if server.holds(&server.down(1), 1, false).await? {
            return Ok(server);
        }
        let name = server.name();
        Err(say!("{name} offers nothing to measure with.", "{name} n'offre rien qui permette une mesure."))
    }

    /// Host and port, for people.
    pub(crate) fn name(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Where about that many bytes come from.
    pub(crate) fn down(&self, bytes: u64) -> Url {
        match self.style {
            Style::Sized => self.path("__down", Some(&format!("bytes={bytes}"))),
            Style::LibreSpeed(folder) => {
                let mebibytes = bytes.div_ceil(1 << 20).clamp(1, 100);
                self.path(&format!("{folder}garbage.php"), Some(&format!("ckSize={mebibytes}")))
            }
            Style::File => self.base.clone(),
        }
    }

    /// Where bytes go to, if anywhere.
    pub(crate) fn up(&self) -> Option<Url> {
        match self.style {
            Style::Sized => Some(self.path("__up", None)),
            Style::LibreSpeed(folder) => Some(self.path(&format!("{folder}empty.php"), None)),
            Style::File => None,
        }
    }

    fn path(&self, tail: &str, query: Option<&str>) -> Url {
        let mut url = self.base.clone();
        let folder = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{folder}/{tail}"));
        url.set_query(query);
        url
    }

    /// A request that costs the server next to nothing, for the latency. Its answer has no body to speak of.
    pub(crate) async fn touch(&self) -> Result<(), Message> {
        let request = match self.style {
            Style::Sized => self.client.get(self.down(0)),
            Style::LibreSpeed(folder) => self.client.get(self.path(&format!("{folder}empty.php"), None)),
            Style::File => self.client.head(self.base.clone()),
        };
        let answer = request.send().await.map_err(|error| self.explain(&error))?;
        // Reading it to its end lets the connection be used again.
        answer.bytes().await.map_err(|error| self.explain(&error))?;
        Ok(())
    }

    /// Begins to fetch.
    pub(crate) async fn get(&self, url: &Url) -> Result<Response, Message> {
        let answer = self.client.get(url.clone()).send().await.map_err(|error| self.explain(&error))?;
        self.accept(answer)
    }

    /// Sends a body to its end.
    pub(crate) async fn post(&self, url: &Url, body: bytes::Bytes) -> Result<(), Message> {
        let request = self.client.post(url.clone()).header("Content-Type", "application/octet-stream");
        let answer = self.accept(request.body(body).send().await.map_err(|error| self.explain(&error))?)?;
        answer.bytes().await.map_err(|error| self.explain(&error))?;
        Ok(())
    }

    fn accept(&self, answer: Response) -> Result<Response, Message> {
        let (name, status) = (self.name(), answer.status().as_u16());
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(say!("{name} refused (HTTP {status}).", "{name} a refusé (HTTP {status})."))
    }

    /// Whether the URL gives that many bytes, exactly or at least. An unreachable server is an error, a refusal is
    /// not.
    async fn holds(&self, url: &Url, wanted: usize, exactly: bool) -> Result<bool, Message> {
        let mut answer = self.client.get(url.clone()).send().await.map_err(|error| self.explain(&error))?;
        if !answer.status().is_success() {
            return Ok(false);
        }
        let mut held = 0;
        while held <= wanted {
            match answer.chunk().await {
                Ok(Some(chunk)) => held += chunk.len(),
                Ok(None) => break,
                Err(_) => return Ok(false),
            }
            if !exactly && held >= wanted {
                return Ok(true);
            }
        }
        Ok(held == wanted)
    }

    /// Why a server did not answer, without its words.
    pub(crate) fn explain(&self, error: &reqwest::Error) -> Message {
        let name = self.name();
        let mut cause = error.source();
        while let Some(inner) = cause {
            if inner.is::<rustls::Error>() {
                return say!(
                    "No secure connection to {name}: its certificate is not trusted.",
                    "Pas de connexion sécurisée avec {name} : son certificat n'est pas reconnu."
                );
            }
            cause = inner.source();
        }
        if error.is_timeout() {
            return say!("{name} did not answer in time.", "{name} n'a pas répondu à temps.");
        }
        if error.is_connect() {
            return say!(
                "{name} cannot be reached from this computer.",
                "{name} n'est pas joignable depuis cet ordinateur."
            );
        }
        say!("{name} broke the connection off.", "{name} a interrompu la connexion.")
    }
}

fn unusable(problem: &str) -> Message {
    say!(
        "The speed server is not usable: {problem}. Check LIVEBOX_SPEED_URL.",
        "Le serveur de débit n'est pas utilisable : {problem}. Vérifiez LIVEBOX_SPEED_URL."
    )
}

/// A client without proxy, since a proxy's speed is not the connection's. The HTTP client has no cryptography of
/// its own and would look for one, so it gets one, with the computer's authorities where they are needed.
fn client(secure: bool) -> Result<Client, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let tls = if secure {
        let verifier =
            rustls_platform_verifier::Verifier::new(provider).map_err(|error| error.to_string())?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
    } else {
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    };
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(CONNECTING)
        .read_timeout(SILENCE)
        .user_agent(concat!("livebox-mcp/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}
