//! The firewall's levels.

use sysbus::scalar::{Flag, Part, Text};

use super::{Level, wire};

#[test]
fn levels_as_people_and_boxes_write_them() {
    for (text, level) in [
        ("High", Level::High),
        (" medium ", Level::Medium),
        ("LOW", Level::Low),
        ("Custom", Level::Custom),
        ("Élevé", Level::High),
        ("personnalise", Level::Custom),
    ] {
        assert_eq!(text.parse::<Level>().unwrap(), level, "{text}");
    }
    assert!("max".parse::<Level>().is_err());
}

#[test]
fn an_odd_level_is_no_level() {
    let read = |json: &str| wire::level(&serde_json::from_str::<Text>(json).unwrap());
    assert_eq!(read("\"Medium\""), Some(Level::Medium));
    for odd in ["null", "{}", "\"\"", "\"Paranoid\"", "3"] {
        assert_eq!(read(odd), None, "{odd}");
    }
}

#[test]
fn an_odd_ping_is_unknown() {
    let read = |json: &str| {
        let ping: Part<wire::Ping> = serde_json::from_str(json).unwrap();
        ping.get().map(|ping| (ping.ipv4.get(), ping.ipv6.get()))
    };
    assert_eq!(read(r#"{"enableIPv4":"1","enableIPv6":false}"#), Some((Some(true), Some(false))));
    assert_eq!(read(r#"{"enableIPv4":[]}"#), Some((None, None)));
    assert_eq!(read("null"), None);
}

#[test]
fn silence_is_consent_but_false_is_not() {
    let done = |json: &str| wire::is_done(serde_json::from_str::<Flag>(json).unwrap());
    assert!(done("true") && done("null") && !done("false"));
}
