//! Logging in.

use sysbus::{Error, Written};

use crate::{
    calls::{Get, Set},
    scripted::{CONTEXT, COOKIE, LOGIN, Scripted},
};

#[tokio::test]
async fn the_first_call_logs_in_and_tests_the_session() {
    let server = Scripted::usual().await;
    let session = server.session();
    assert!(server.requests().is_empty());
    assert_eq!(session.read(&Get("NMC")).await.unwrap(), "NMC:get");
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser", "NMC:get"]);
    assert_eq!(session.read(&Get("NMC.Wifi")).await.unwrap(), "NMC.Wifi:get");
    let Written::Answered(reply) = session.write(&Set { value: 1 }).await.unwrap() else { panic!() };
    assert_eq!(reply, "NMC.Wifi:set");
    assert_eq!(server.logins(), 1);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn the_bytes_of_login_and_call() {
    let server = Scripted::usual().await;
    server.session().read(&Get("NMC")).await.unwrap();
    let requests = server.requests();
    let login = &requests[0];
    assert_eq!((login.method.as_str(), login.path.as_str()), ("POST", "/ws"));
    assert_eq!(login.headers["content-type"], "application/x-sah-ws-4-call+json");
    assert_eq!(login.headers["authorization"], "X-Sah-Login");
    assert_eq!(login.headers["host"], server.address.to_string());
    assert!(!login.headers.contains_key("cookie") && !login.headers.contains_key("x-context"));
    assert!(!login.headers.contains_key("accept-encoding"));
    assert_eq!(
        login.body,
        r#"{"service":"sah.Device.Information","method":"createContext","parameters":{"applicationName":"so_sdkut","username":"admin","password":"hunter2\"\\é"}}"#
    );
    let call = &requests[2];
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/ws"));
    assert_eq!(call.headers["content-type"], "application/x-sah-ws-4-call+json");
    assert_eq!(call.headers["cookie"], format!("475ec806/sessid=1{COOKIE}"));
    assert_eq!(call.headers["x-context"], format!("1{CONTEXT}"));
    assert_eq!(call.headers["authorization"], format!("X-Sah 1{CONTEXT}"));
    assert_eq!(call.body, r#"{"service":"NMC","method":"get","parameters":{}}"#);
}

#[tokio::test]
async fn a_refused_password_is_not_tried_again() {
    let server = Scripted::usual().await;
    server.change_password("other");
    let session = server.session();
    for remembered in [false, true, true] {
        match session.read(&Get("NMC")).await {
            Err(Error::PasswordRefused { remembered: actual }) => assert_eq!(actual, remembered),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.names(), [LOGIN]);
}
