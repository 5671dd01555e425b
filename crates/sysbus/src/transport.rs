//! Carries one request to the box and its answer back, and says precisely what went wrong if it does not.

use std::{error::Error as StdError, fmt, io, time::Duration};

use reqwest::{
    Client, ClientBuilder, Method, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderMap, HeaderValue, SET_COOKIE},
};
use tokio::time::timeout;

use crate::{Endpoint, Error, NoAnswer, cookie::Cookie, tls};

/// How long a connection may take to stand, name resolution and TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long an unused connection is kept. Less than the box's own limit, 120 s (protocol section 1.9).
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// The largest answer that is read: eight times the largest known (protocol section 2, "Sizes and times").
const LARGEST: usize = 16 << 20;

/// Which connection a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A connection that is kept between requests.
    Kept,
    /// A connection of its own: on a kept one that the box is just closing, nobody could tell whether the request
    /// arrived.
    Fresh,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path on the box, with query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Time from the connection's start to the last byte of the answer.
    pub(crate) limit: Duration,
}

/// One answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) html: bool,
    pub(crate) cookie: Option<Cookie>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request cannot be written, or local files are missing. Nothing was sent.
    Unusable(Error),
    /// No connection: nothing was sent.
    NoConnection(NoAnswer),
    /// The request may have arrived. `begun`: a part of the answer came.
    Lost { reason: NoAnswer, begun: bool },
    /// The answer is larger than any known one.
    TooLarge,
}

/// The connections to one box.
#[derive(Debug)]
pub(crate) struct Transport {
    endpoint: Endpoint,
    kept: Client,
    fresh: Client,
}

impl Transport {
    /// Prepares the connections; opens none.
    pub(crate) fn new(endpoint: &Endpoint) -> Result<Self, Error> {
        let tls = tls::settings(endpoint)?;
        let build = |builder: ClientBuilder| {
            builder
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Names)
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .tcp_nodelay(true)
                .connect_timeout(CONNECT_LIMIT)
                .build()
                .map_err(|error| Error::LocalFile(format!("the HTTP client cannot be set up: {error}")))
        };
        Ok(Self {
            endpoint: endpoint.clone(),
            kept: build(Client::builder().pool_max_idle_per_host(1).pool_idle_timeout(KEEP_ALIVE))?,
            fresh: build(Client::builder().pool_max_idle_per_host(0))?,
        })
    }

    /// Where they lead.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends the request once and reads the whole answer.
    pub(crate) async fn send(&self, request: Request, lane: Lane) -> Result<Reply, Failure> {
        let client = if lane == Lane::Kept { &self.kept } else { &self.fresh };
        let url = self.endpoint.url(&request.path).ok_or_else(|| {
            Failure::Unusable(Error::BadAddress("the object's path cannot be written as a URL".to_owned()))
        })?;
        let sending = client.request(request.method, url).headers(request.headers).body(request.body).send();
        let limit = match lane {
            Lane::Kept => request.limit,
            // A connection has its own limit. When ours is not shorter, a call that runs into ours was connected,
            // and a write that was never sent is not taken for a lost one.
            Lane::Fresh => request.limit.max(CONNECT_LIMIT + Duration::from_secs(1)),
        };
        let mut begun = false;
        let exchange = async {
            let response = sending.await.map_err(|error| diagnose(&error, false))?;
            begun = true;
            read(response).await
        };
        match timeout(limit, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Lost { reason: NoAnswer::Timeout, begun }),
        }
    }
}

async fn read(mut response: Response) -> Result<Reply, Failure> {
    let headers = response.headers();
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    let mut reply = Reply {
        status: response.status().as_u16(),
        html: content_type.is_some_and(|value| value.starts_with(b"text/html")),
        cookie: Cookie::find(headers.get_all(SET_COOKIE).iter().map(HeaderValue::as_bytes)),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| diagnose(&error, true))? {
        if reply.body.len() + chunk.len() > LARGEST {
            return Err(Failure::TooLarge);
        }
        reply.body.extend_from_slice(&chunk);
    }
    // A page may call itself anything, and a box's answer has been seen under odd types.
    match reply.body.trim_ascii_start().first() {
        Some(b'<') => reply.html = true,
        Some(b'{') => reply.html = false,
        _ => {}
    }
    Ok(reply)
}

/// Finds the cause in the client's chain of errors.
fn diagnose(error: &reqwest::Error, begun: bool) -> Failure {
    if error.is_builder() {
        return Failure::Unusable(Error::BadAddress("the request cannot be written".to_owned()));
    }
    let mut reason = None;
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        let io = cause.downcast_ref::<io::Error>();
        if cause.is::<rustls::Error>() {
            reason = Some(NoAnswer::Tls);
        } else if cause.is::<UnknownName>() {
            reason = Some(NoAnswer::UnknownName);
        } else if let Some(io) = io.filter(|_| reason.is_none() && error.is_connect()) {
            reason = match io.kind() {
                io::ErrorKind::ConnectionRefused => Some(NoAnswer::Refused),
                // Only a handshake can end before it began; a plain connection has no data yet.
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => Some(NoAnswer::Tls),
                _ => None,
            };
        }
        // What an `io::Error` wraps does not show among its sources, so it is taken from it.
        let inner = io.and_then(io::Error::get_ref).map(|inner| inner as &(dyn StdError + 'static));
        next = inner.or_else(|| cause.source());
    }
    if error.is_connect() {
        Failure::NoConnection(reason.unwrap_or(NoAnswer::NoConnection))
    } else if error.is_timeout() {
        Failure::Lost { reason: NoAnswer::Timeout, begun }
    } else {
        Failure::Lost { reason: reason.unwrap_or(NoAnswer::Closed), begun }
    }
}

/// Asks the system for the addresses of a name, and marks a failure as what it is.
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> = found.map_err(|_| UnknownName)?.collect();
            if addresses.is_empty() {
                return Err(UnknownName.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug)]
struct UnknownName;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name does not resolve")
    }
}

impl StdError for UnknownName {}
