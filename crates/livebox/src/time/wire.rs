//! `Time:*` (protocol section 4.1).

use std::borrow::Cow;

use jiff::{ZonedDateTime, fmt::strtime};
use serde::{Deserialize, Serialize};
use sysbus::{Answer, Call, Kind, scalar::Text};

/// Local time.
#[derive(Serialize)]
pub(crate) struct GetTime {}

/// `{"time":"Sat, 14 Dec 2024 18:15:07 GMT+0100"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TimeReply {
    time: Text,
}

impl Call for GetTime {
    type Reply = TimeReply;
    const METHOD: &'static str = "getTime";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "Time".into()
    }
}

impl TimeReply {
    /// The time with its offset; `None` when the text is not of the known form.
    pub(crate) fn zoned(&self) -> Option<ZonedDateTime> {
        let text = self.time.get()?.replace("GMT", "");
        strtime::parse("%a, %d %b %Y %H:%M:%S %z", text).ok()?.to_zoned_datetime().ok()
    }
}

/// State of the network clock.
#[derive(Serialize)]
pub(crate) struct GetStatus {}

/// `{"status":"Synchronized"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct StatusReply {
    pub(crate) status: Text,
}

impl Call for GetStatus {
    type Reply = StatusReply;
    const METHOD: &'static str = "getStatus";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "Time".into()
    }
}

/// Time zone.
#[derive(Serialize)]
pub(crate) struct GetLocalTimeZoneName {}

/// `{"timezone":"Paris"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ZoneReply {
    pub(crate) timezone: Text,
}

impl Call for GetLocalTimeZoneName {
    type Reply = ZoneReply;
    const METHOD: &'static str = "getLocalTimeZoneName";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "Time".into()
    }
}

#[cfg(test)]
mod tests {
    use super::TimeReply;

    #[test]
    fn the_recorded_form_is_read() {
        let reply: TimeReply =
            serde_json::from_str(r#"{"time":"Sat, 14 Dec 2024 18:15:07 GMT+0100"}"#).unwrap();
        assert_eq!(reply.zoned().unwrap().timestamp().to_string(), "2024-12-14T17:15:07Z");
    }
}
