//! A small HTTP speed server for demonstrations and tests, apart from the box.
//!
//! `GET /__down?bytes=N` sends N bytes, `POST /__up` swallows a body. Both stop at one gigabyte.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Bytes served or swallowed at most.
const LIMIT: u64 = 1 << 30;

static BLOCK: [u8; 65_536] = [0x4c; 65_536];

/// So many bytes, produced as they are sent.
struct Filler(u64);

impl Body for Filler {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0 == 0 {
            return Poll::Ready(None);
        }
        let length = usize::try_from(self.0).unwrap_or(usize::MAX).min(BLOCK.len());
        self.0 -= length as u64;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&BLOCK).slice(..length)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

/// Serves until `shutdown` is done.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(async move {
                    let service = service_fn(answer);
                    let io = TokioIo::new(stream);
                    if let Err(error) = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await {
                        tracing::debug!(%error, "speed connection ended");
                    }
                });
            },
        }
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Filler>, hyper::Error> {
    let mut answer = Response::new(Filler(0));
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/__down") => {
            let query = request.uri().query().unwrap_or_default();
            let bytes = query.split('&').find_map(|pair| pair.strip_prefix("bytes=")?.parse::<u64>().ok());
            *answer.body_mut() = Filler(bytes.unwrap_or(0).min(LIMIT));
        }
        (&Method::POST, "/__up") => {
            let mut body = request.into_body();
            let mut swallowed = 0;
            while let Some(frame) = body.frame().await {
                swallowed += frame?.data_ref().map_or(0, |data| data.len() as u64);
                if swallowed > LIMIT {
                    *answer.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                    break;
                }
            }
        }
        _ => *answer.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(answer)
}
