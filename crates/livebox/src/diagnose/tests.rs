//! Behaviour. Nothing here leaves this computer.

use super::{Method, ping::ping, trace::trace};
use crate::Context;

fn cx() -> Context {
    let config = sysbus::Config {
        endpoint: sysbus::Endpoint::parse("127.0.0.1:9", sysbus::Trust::System).unwrap(),
        user: "admin".to_owned(),
        password: sysbus::Password::None,
        state: None,
        honour_refusal: true,
    };
    Context::new(sysbus::Session::new(config))
}

#[tokio::test]
async fn this_computer_answers_its_pings() {
    for host in ["127.0.0.1", "localhost"] {
        let ping = ping(&cx(), &host.parse().unwrap(), 2).await.unwrap();
        assert_eq!((ping.sent, ping.received, ping.loss_percent), (2, 2, 0.0), "{ping:?}");
        assert!(ping.min_ms.unwrap() <= ping.avg_ms.unwrap() && ping.avg_ms.unwrap() <= ping.max_ms.unwrap());
        assert!(ping.jitter_ms.is_some());
    }
}

#[tokio::test]
async fn this_computer_is_one_hop_away() {
    for host in ["127.0.0.1", "localhost"] {
        let trace = trace(&cx(), &host.parse().unwrap(), 20).await.unwrap();
        assert!(trace.reached, "{trace:?}");
        assert_eq!(trace.hops.len(), 1);
        assert_eq!(trace.hops[0].address, Some(trace.address));
        assert_eq!((trace.hops[0].rtt_ms.len(), trace.hops[0].lost), (3, 0));
    }
}

#[tokio::test]
async fn without_icmp_tcp_and_udp_do() {
    let rtt = super::knock::knock("127.0.0.1".parse().unwrap(), 1, std::time::Duration::from_secs(2)).await;
    assert!(rtt.is_some());
}

#[test]
fn losses_are_counted() {
    let rtts = vec![Some(10.0), None, Some(14.0), Some(12.0)];
    let ping = super::Ping::sum_up("h".into(), "192.0.2.1".parse().unwrap(), Method::Icmp, rtts);
    assert_eq!((ping.sent, ping.received, ping.loss_percent), (4, 3, 25.0));
    assert_eq!((ping.min_ms, ping.avg_ms, ping.max_ms), (Some(10.0), Some(12.0), Some(14.0)));
    assert_eq!((ping.jitter_ms, ping.note), (Some(3.0), None));
    let silent = super::Ping::sum_up("h".into(), "192.0.2.1".parse().unwrap(), Method::Icmp, vec![None]);
    assert!(silent.note.is_some() && silent.avg_ms.is_none());
}
