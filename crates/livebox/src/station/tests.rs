//! What makes a station's link good, and how the list reads.

use super::{Quality, StationList, megabits, stations};
use crate::{Lang, Show, wifi};

#[test]
fn the_weakest_recorded_station_comes_first() {
    for air in wifi::recorded_air() {
        let stations = stations(&air.networks, &[]);
        let strengths: Vec<i16> = stations.iter().filter_map(|station| station.rssi_dbm).collect();
        assert_eq!(strengths, [-65, -59, -46, -27]);
        let weakest = &stations[0];
        assert_eq!(weakest.signal, Some(Quality::Good));
        assert_eq!((weakest.down_bps, weakest.up_bps), (Some(2_305_880_000), Some(816_660_000)));
        assert_eq!(weakest.since.as_deref(), Some("2024-12-02T12:29:37Z"));
        assert_eq!((weakest.down_bytes, weakest.up_bytes), (Some(164_497_965_261), Some(22_399_205_848)));
        let list = StationList { total: 9, stations };
        let french = list.show(Lang::Fr).compact();
        assert!(french.contains("2306") && french.contains("bon") && french.contains("limit"), "{french}");
    }
}

#[test]
fn strength_in_words() {
    let words: Vec<_> = [-30, -55, -56, -68, -76, -90].map(|rssi| Quality::of(rssi).word(Lang::En)).into();
    assert_eq!(words, ["excellent", "excellent", "good", "fair", "weak", "weak"]);
}

#[test]
fn rates_are_rounded_as_people_read_them() {
    assert_eq!(megabits(2_305_880_000, Lang::En), "2306");
    assert_eq!(megabits(6_500_000, Lang::Fr), "6,5");
    assert_eq!(megabits(9_960_000, Lang::En), "10.0");
}
