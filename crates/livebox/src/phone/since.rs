//! A moment as people type it.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Message, Untrusted,
    net::{text_schema, textual},
    say,
};

/// A moment: a date (its midnight on this computer), a time in RFC 3339, or an age such as `7d` or `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since(pub(crate) Timestamp);

impl FromStr for Since {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        let moment = text.parse::<Timestamp>().ok().or_else(|| midnight(text)).or_else(|| ago(text));
        moment.map(Self).ok_or_else(|| {
            let text = Untrusted::clean(text);
            let text = text.in_quotes();
            say!(
                "`{text}` is not a moment: write a date (2026-01-31), a time (2026-01-31T18:00:00Z) or an age (7d, 24h)",
                "« {text} » n'est pas un moment : écrivez une date (2026-01-31), une heure (2026-01-31T18:00:00Z) ou une ancienneté (7j, 24h)"
            )
        })
    }
}

fn midnight(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    Some(date.to_zoned_datetime(TimeZone::system()).ok()?.timestamp())
}

fn ago(text: &str) -> Option<Timestamp> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.trim().parse().ok().filter(|count| *count >= 0)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' | 'j' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let age = SignedDuration::from_secs(count.checked_mul(seconds)?);
    Timestamp::now().checked_sub(age).ok()
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

textual!(Since, text_schema());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_people_write_them() {
        assert_eq!("2026-01-31T18:00:00+01:00".parse::<Since>().unwrap().to_string(), "2026-01-31T17:00:00Z");
        assert!("2026-01-31".parse::<Since>().is_ok());
        let week = Timestamp::now().as_second() - "7d".parse::<Since>().unwrap().0.as_second();
        assert!((604_799..=604_801).contains(&week));
        assert_eq!(
            "2j".parse::<Since>().unwrap().0.as_second(),
            "48h".parse::<Since>().unwrap().0.as_second()
        );
        for text in ["", "yesterday", "-3d", "99999999999999d", "7", "2026-13-01", "7é"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
