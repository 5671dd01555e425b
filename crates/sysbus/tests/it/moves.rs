//! A box that gets another address.

use std::net::IpAddr;

use sysbus::{Error, Written};
use tokio::net::TcpListener;

use crate::{
    calls::{Get, Set},
    scripted::{Act, Scripted},
};

/// Boxes on the same port of both addresses; the second is not there yet. Only Linux and Windows have more than one
/// loopback address without being told.
#[cfg(not(target_os = "macos"))]
async fn two_places() -> (Scripted, std::net::SocketAddr) {
    loop {
        let first = Scripted::usual().await;
        let second = std::net::SocketAddr::from(([127, 0, 0, 2], first.address.port()));
        if TcpListener::bind(second).await.is_ok() {
            return (first, second);
        }
    }
}

#[cfg(not(target_os = "macos"))]
const OLD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const NEW: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));

#[cfg(not(target_os = "macos"))]
#[tokio::test]
async fn it_is_found_at_the_new_address_and_logged_in_to_again() {
    let (old, address) = two_places().await;
    let session = old.session();
    session.read(&Get("A")).await.unwrap();
    session.may_move(OLD, NEW);
    assert!(
        matches!(session.write(&Set { value: 1 }).await.unwrap(), Written::Answered(_)),
        "it is still here"
    );
    drop(old);
    let new = Scripted::on(TcpListener::bind(address).await.unwrap(), |_, _| Act::Usual);
    // One call finds nobody; the next one looks at the other place.
    let error = session.read(&Get("C")).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. } | Error::Unreachable { .. }), "{error}");
    session.read(&Get("C")).await.unwrap();
    assert_eq!((new.logins(), session.host()), (1, address.to_string()));
    session.settled();
    session.read(&Get("D")).await.unwrap();
    assert_eq!(new.names().last().map(String::as_str), Some("D:get"));
}

#[cfg(not(target_os = "macos"))]
#[tokio::test]
async fn something_else_at_the_new_address_is_not_taken_for_it() {
    let (old, address) = two_places().await;
    let stranger = Scripted::on(TcpListener::bind(address).await.unwrap(), |_, _| {
        Act::Answer(404, "text/html", "<html>no</html>".to_owned())
    });
    let session = old.session();
    session.may_move(OLD, NEW);
    let port = old.address;
    drop(old);
    assert!(session.read(&Get("A")).await.is_err());
    let error = session.read(&Get("A")).await.unwrap_err();
    assert!(matches!(error, Error::NotALivebox { .. }), "{error}");
    assert!(!stranger.names().is_empty());
    // The change did not happen after all.
    let _old = Scripted::on(TcpListener::bind(port).await.unwrap(), |_, _| Act::Usual);
    session.read(&Get("A")).await.unwrap();
}

#[tokio::test]
async fn a_box_called_in_another_way_is_called_as_before() {
    let old = Scripted::usual().await;
    let session = old.session();
    session.may_move("192.168.1.1".parse().unwrap(), NEW);
    session.read(&Get("A")).await.unwrap();
    old.expire();
    session.read(&Get("B")).await.unwrap();
    assert_eq!(session.host(), old.address.to_string());
}
