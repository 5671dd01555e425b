//! Answers of boxes that speak something else (protocol section 1.11).

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use crate::options::Impostor;
use crate::server::{Answered, page, respond};

/// What an impostor answers to a path.
pub(crate) fn answer(impostor: Impostor, path: &str) -> Answered {
    match impostor {
        Impostor::Spain if path.starts_with("/API/") => {
            let mut answer = respond(StatusCode::UNAUTHORIZED, "application/json", "{}");
            answer
                .headers_mut()
                .insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Basic realm=\"API\""));
            answer
        }
        Impostor::Spain => {
            page(StatusCode::OK, "<title>Livebox</title><script src=\"/static/js/main.js\"></script>")
        }
        Impostor::OldPro if path.starts_with("/cgi/json-req") => respond(
            StatusCode::OK,
            "application/json",
            r#"{"reply":{"uid":0,"id":0,"error":{"code":16777216,"description":"XMO_REQUEST_NO_ERR"},"actions":[]}}"#,
        ),
        Impostor::OldPro if path == "/" => page(StatusCode::OK, "<title>Livebox Pro</title>"),
        Impostor::OldPro | Impostor::NotFound => respond(StatusCode::NOT_FOUND, "text/plain", "Not Found"),
        Impostor::WebPage => page(StatusCode::OK, "<title>It works!</title><h1>It works!</h1>"),
    }
}
