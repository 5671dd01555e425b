//! The invented family: repeatable, believable, consistent in time.

use std::time::Duration;

use emulator::{Options, Router, Seed};

use crate::wire::livebox;

#[tokio::test]
async fn a_seed_is_a_family() {
    let first = livebox(Options::default()).await;
    let again = livebox(Options::default()).await;
    let other = livebox(Options { seed: 7, ..Options::default() }).await;
    let macs =
        |router: &mut Router| router.state.hosts.iter().map(|host| host.mac.clone()).collect::<Vec<_>>();
    assert_eq!(first.with_state(macs), again.with_state(macs));
    assert_ne!(first.with_state(macs), other.with_state(macs));
    assert_eq!(first.secrets(), again.secrets());
}

#[tokio::test]
async fn people_come_and_go_and_counters_only_grow() {
    let livebox = livebox(Options::default()).await;
    let mut active = Vec::new();
    let mut last = 0;
    for _ in 0..24 {
        livebox.clock().advance(Duration::from_secs(3600));
        livebox.with_state(|router| {
            let now = router.now();
            active.push(
                router.state.hosts.iter().filter(|host| host.is_active(router.state.seed, now)).count(),
            );
            let download = router.state.counters("veip0", now).rx;
            assert!(download > last);
            last = download;
        });
    }
    assert!(active.iter().min() >= Some(&12) && active.iter().max() <= Some(&31), "{active:?}");
    assert_ne!(active.iter().min(), active.iter().max());
}

#[tokio::test]
async fn history_adds_up_to_the_counters() {
    let livebox = livebox(Options::default()).await;
    livebox.with_state(|router| {
        let now = router.now();
        let later = now + jiff::SignedDuration::from_secs(300);
        let slots: u64 = (0..10)
            .map(|slot| {
                let from = now + jiff::SignedDuration::from_secs(slot * 30);
                router
                    .state
                    .interface_bytes("vap5g0priv0", from, from + jiff::SignedDuration::from_secs(30))
                    .tx
            })
            .sum();
        let whole = router.state.interface_bytes("vap5g0priv0", now, later).tx;
        assert!(whole.abs_diff(slots) < 2_000, "{whole} {slots}");
    });
}

#[tokio::test]
async fn stations_leave_with_their_network_and_come_back_with_it() {
    let livebox = livebox(Options::default()).await;
    livebox.with_state(|router| {
        let now = router.now();
        let seed = router.state.seed;
        let count = |router: &Router| {
            router.state.hosts.iter().filter(|host| host.link.is_wifi() && host.is_active(seed, now)).count()
        };
        let before = count(router);
        assert!(before > 5);
        router.state.wifi.enable = false;
        router.state.settle_wifi(now);
        assert_eq!(count(router), 0);
        router.state.wifi.enable = true;
        router.state.settle_wifi(now);
        assert_eq!(count(router), before);
    });
}

#[test]
fn secrets_are_found_nowhere_else() {
    let clock = emulator::Clock::manual("2026-03-14T10:40:28Z".parse().unwrap());
    let router = Router::new(Seed(6), clock, "Livebox6");
    let secrets = router.secrets();
    assert!(secrets.len() >= 11, "{secrets:?}");
    let hosts = format!("{:?}", router.state.hosts);
    for secret in &secrets {
        assert!(secret.len() >= 7 && !hosts.contains(secret.as_str()), "{secret}");
    }
}
