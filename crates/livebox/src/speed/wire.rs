//! `SpeedTest:getWANResults` (protocol section 4.30).

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Kind,
    scalar::{Int, Part, Text},
};

use super::{BoxResult, guess_bps};
use crate::Untrusted;

/// The box's own last speed test. Absent on the Livebox 3.
#[derive(Serialize)]
pub(crate) struct GetWanResults {}

impl Call for GetWanResults {
    type Reply = WanResults;
    const METHOD: &'static str = "getWANResults";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Either;

    fn service(&self) -> Cow<'static, str> {
        "SpeedTest".into()
    }
}

/// Every recording is of a box that never ran one: units of `rate` and `latency` are unverified.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WanResults {
    status: Text,
    #[serde(rename = "Downstream")]
    downstream: Part<Run>,
    #[serde(rename = "Upstream")]
    upstream: Part<Run>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Run {
    rate: Int,
    latency: Int,
    end: Text,
}

impl Run {
    /// Null dates and zero rates mean that it never ran.
    fn rate(&self) -> Option<u64> {
        self.rate.unsigned().filter(|rate| *rate > 0)
    }

    fn end(&self) -> Option<Timestamp> {
        let end: Timestamp = self.end.get()?.parse().ok()?;
        (end.as_second() > 0).then_some(end)
    }
}

impl WanResults {
    /// Whether the box ever ran one; `None` when what it says of it was not understood.
    pub(crate) fn has_run(&self) -> Option<bool> {
        let is_odd = self.downstream.is_odd()
            || self.upstream.is_odd()
            || self.runs().any(|run| run.rate.is_odd() || run.end.is_odd());
        let has_run = self.runs().any(|run| run.rate().is_some() || run.end().is_some());
        (has_run || !is_odd).then_some(has_run)
    }

    fn runs(&self) -> impl Iterator<Item = &Run> {
        [self.downstream.get(), self.upstream.get()].into_iter().flatten()
    }

    /// The result, with our guess at its unit by the rates of the link.
    pub(crate) fn result(&self, (link_down, link_up): (Option<u64>, Option<u64>)) -> BoxResult {
        let raw = |run: &Part<Run>| run.get().and_then(Run::rate);
        let (down_raw, up_raw) = (raw(&self.downstream), raw(&self.upstream));
        BoxResult {
            has_run: self.has_run(),
            status: self.status.get().and_then(Untrusted::non_empty),
            at: self.runs().filter_map(Run::end).max().map(|end| end.to_string()),
            down_bps: down_raw.and_then(|raw| guess_bps(raw, link_down)),
            up_bps: up_raw.and_then(|raw| guess_bps(raw, link_up)),
            down_raw,
            up_raw,
            latency_raw: self
                .runs()
                .filter_map(|run| run.latency.unsigned().filter(|latency| *latency > 0))
                .min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::testing::recordings;

    #[test]
    fn no_recorded_box_ever_ran_a_test() {
        for recording in recordings("SpeedTest", "getWANResults") {
            let results = recording.reply::<GetWanResults>();
            assert_eq!(results.has_run(), Some(false), "{}", recording.file);
            let result = results.result((None, None));
            assert_eq!((result.at, result.down_raw, result.up_bps), (None, None, None), "{}", recording.file);
        }
    }

    #[test]
    fn a_result_is_read_and_its_unit_guessed() {
        let results: WanResults = from_value(json!({
            "status": "Complete",
            "Downstream": {"rate": "912345", "latency": 4, "start": "2026-01-02T03:04:00Z", "end": "2026-01-02T03:04:10Z"},
            "Upstream": {"rate": 0, "latency": {}, "end": "0001-01-01T00:00:00Z"},
        }))
        .unwrap();
        let result = results.result((Some(2_488_320_000), None));
        assert_eq!((result.down_raw, result.down_bps), (Some(912_345), Some(912_345_000)));
        assert_eq!((result.up_raw, result.up_bps, result.latency_raw), (None, None, Some(4)));
        assert_eq!(result.at.as_deref(), Some("2026-01-02T03:04:10Z"));
        let odd: WanResults = from_value(json!({"Downstream": [], "Upstream": "x", "status": 3})).unwrap();
        assert_eq!(odd.has_run(), None);
    }
}
