//! What the box denies or does not have, and sessions that end.

use sysbus::{Error, Written};

use crate::{
    calls::{Get, Set},
    scripted::{Act, LOGIN, Scripted},
};

const WHO: &str = "HTTPService:getCurrentUser";

fn absent(info: &str) -> Act {
    Act::error(196_618, "Object or parameter not found", info)
}

#[tokio::test]
async fn an_expired_session_is_renewed_once() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    server.expire();
    session.read(&Get("B")).await.unwrap();
    assert_eq!(server.names()[3..], ["B:get", WHO, LOGIN, WHO, "B:get"]);
}

#[tokio::test]
async fn a_session_that_ends_right_after_the_login_is_renewed_too() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.login().await.unwrap();
    server.expire();
    session.read(&Get("A")).await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_session_that_the_server_refuses_by_status_is_renewed_too() {
    for status in [401, 403] {
        let server = Scripted::new(move |seen, before| match (seen.name().as_str(), before) {
            ("B:get", 0) | (WHO, 1) => Act::Answer(status, "text/html", "<html>no</html>".to_owned()),
            ("Time:getTime", 0) => Act::denied(),
            _ => Act::Usual,
        })
        .await;
        let session = server.session();
        session.read(&Get("A")).await.unwrap();
        session.read(&Get("B")).await.unwrap();
        assert_eq!(server.logins(), 2);
    }
}

#[tokio::test]
async fn what_is_denied_to_a_good_session_costs_no_login_and_is_remembered() {
    let server = Scripted::new(|seen, _| match seen.name().as_str() {
        "NMC.ACS:get" | "USBHosts:get" => Act::denied(),
        _ => Act::Usual,
    })
    .await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    for _ in 0..2 {
        let error = session.read(&Get("NMC.ACS")).await.unwrap_err();
        assert!(matches!(&error, Error::Denied { call } if call.to_string() == "NMC.ACS:get"), "{error:?}");
    }
    assert!(matches!(session.read(&Get("USBHosts")).await, Err(Error::Denied { .. })));
    assert_eq!(server.names()[3..], ["NMC.ACS:get", WHO, "USBHosts:get", WHO]);
}

#[tokio::test]
async fn what_is_denied_right_after_the_login_is_denied() {
    let server =
        Scripted::new(|seen, _| if seen.name() == "S:get" { Act::denied() } else { Act::Usual }).await;
    assert!(server.session().read(&Get("S")).await.unwrap_err().is_unavailable());
    assert_eq!(server.names(), [LOGIN, WHO, "S:get", "HTTPService:getCurrentUser"]);
}

#[tokio::test]
async fn what_stays_denied_after_a_new_login_is_denied() {
    let server =
        Scripted::new(|seen, _| if seen.name() == "B:get" { Act::denied() } else { Act::Usual }).await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    server.expire();
    assert!(matches!(session.read(&Get("B")).await, Err(Error::Denied { .. })));
    assert_eq!(server.names()[3..], ["B:get", WHO, LOGIN, WHO, "B:get"]);
}

#[tokio::test]
async fn what_is_absent_is_remembered_until_the_box_may_have_changed() {
    let server = Scripted::new(|seen, _| match seen.name().as_str() {
        "SFP:get" => absent("SFP"),
        "Probe:get" => absent("get"),
        _ => Act::Usual,
    })
    .await;
    let session = server.session();
    for service in ["SFP", "SFP", "Probe", "Probe"] {
        assert!(session.read(&Get(service)).await.unwrap_err().is_absent());
    }
    assert_eq!((server.count("SFP:get"), server.count("Probe:get")), (1, 1));
    // A write may create an object, not a method.
    session.write(&Set { value: 1 }).await.unwrap();
    for service in ["SFP", "Probe"] {
        session.read(&Get(service)).await.unwrap_err();
    }
    assert_eq!((server.count("SFP:get"), server.count("Probe:get")), (2, 1));
}

#[tokio::test]
async fn a_reboot_may_bring_new_firmware() {
    let server = Scripted::new(|seen, before| match (seen.name().as_str(), before) {
        ("S:get", 0) => Act::denied(),
        ("B:get", 0) => Act::Answer(503, "text/html", String::new()),
        _ => Act::Usual,
    })
    .await;
    let session = server.session();
    session.read(&Get("S")).await.unwrap_err();
    assert!(matches!(session.read(&Get("B")).await, Err(Error::Busy { .. })));
    server.expire();
    session.read(&Get("C")).await.unwrap();
    session.read(&Get("S")).await.unwrap();
    assert_eq!(server.count("S:get"), 2);
}

#[tokio::test]
async fn single_devices_are_asked_each_time() {
    const DEVICE: &str = "Devices.Device.00:00:5E:00:53:01";
    let server =
        Scripted::new(|seen, _| if seen.name().starts_with("Devices") { absent(DEVICE) } else { Act::Usual })
            .await;
    let session = server.session();
    for _ in 0..2 {
        assert!(session.read(&Get(DEVICE)).await.unwrap_err().is_absent());
    }
    assert_eq!(server.count("Devices.Device.00:00:5E:00:53:01:get"), 2);
}

#[tokio::test]
async fn a_write_at_the_end_of_a_session_is_sent_once_and_said_not_to_be_carried_out() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    server.expire();
    let error = session.write(&Set { value: 1 }).await.unwrap_err();
    assert!(matches!(error, Error::SessionEnded { .. }), "{error}");
    assert_eq!(server.names()[3..], ["NMC.Wifi:set", WHO, LOGIN, WHO]);
    assert!(matches!(session.write(&Set { value: 1 }).await, Ok(Written::Answered(_))));
    assert_eq!((server.count("NMC.Wifi:set"), server.logins()), (2, 2));
}

/// A session that nobody used for a while may have ended: it is tested before what is sent only once.
#[tokio::test]
async fn an_old_session_is_tested_before_a_write() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    server.expire();
    tokio::time::sleep(std::time::Duration::from_millis(5_200)).await;
    assert!(matches!(session.write(&Set { value: 1 }).await, Ok(Written::Answered(_))));
    assert_eq!(server.names()[3..], [WHO, LOGIN, WHO, "NMC.Wifi:set"]);
}

#[tokio::test]
async fn a_write_that_the_firmware_denies_is_sent_once_and_not_even_sent_again() {
    let server =
        Scripted::new(|seen, _| if seen.name() == "NMC.Wifi:set" { Act::denied() } else { Act::Usual }).await;
    let session = server.session();
    for _ in 0..2 {
        assert!(matches!(session.write(&Set { value: 1 }).await, Err(Error::Denied { .. })));
    }
    assert_eq!(server.count("NMC.Wifi:set"), 1);
}

#[tokio::test]
async fn the_box_says_why_it_refuses() {
    let body = r#"{"status":null,"errors":[{"error":0,"description":"Success","info":"MACAddress"},{"error":393221,"description":"IP address already reserved","info":""},{"error":196639,"description":"Function execution failed","info":"addStaticLease"}]}"#;
    let server = Scripted::new(move |seen, _| match seen.name().as_str() {
        "NMC.Wifi:set" => Act::json(body),
        "Sum:get" => Act::json(body.replace("393221", "13")),
        _ => Act::Usual,
    })
    .await;
    let session = server.session();
    let error = session.write(&Set { value: 1 }).await.unwrap_err();
    assert_eq!(error.codes().collect::<Vec<_>>(), [393_221, 196_639]);
    assert!(error.to_string().contains("IP address already reserved (error 393221)"), "{error}");
    // "Permission denied" in the middle of an execution is no matter of the session.
    let error = session.read(&Get("Sum")).await.unwrap_err();
    assert_eq!(error.codes().collect::<Vec<_>>(), [13, 196_639]);
    assert_eq!(server.logins(), 1);
}
