//! Behaviour, against the emulator and small servers on loopback.

use std::{future::pending, sync::Arc};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::Url;

use crate::testing::{Bench, bench};

/// A server that is asked with a path and answers with a status and a body.
async fn server(answer: impl Fn(&str) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/files/", listener.local_addr().unwrap()).parse().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut asked = Vec::new();
                let mut buffer = [0; 16_384];
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    asked.extend_from_slice(&buffer[..length]);
                    let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                    let head = String::from_utf8_lossy(&asked[..end]).to_ascii_lowercase();
                    let size: usize = head
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                        .unwrap_or(0);
                    let mut left = size.saturating_sub(asked.len() - end - 4);
                    while left > 0 {
                        match stream.read(&mut buffer).await {
                            Ok(length @ 1..) => left -= length.min(left),
                            _ => return,
                        }
                    }
                    asked.clear();
                    let (status, body) = answer(head.split(' ').nth(1).unwrap());
                    let head_only = head.starts_with("head ");
                    let top = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n", body.len());
                    if stream.write_all(top.as_bytes()).await.is_err()
                        || !head_only && stream.write_all(&body).await.is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    url
}

async fn bench_at(url: Url) -> Bench {
    let mut bench = bench().await;
    bench.cx = bench.cx.with_speed_url(Some(url));
    bench
}

/// An address where nobody listens.
async fn nobody() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap()
}

#[tokio::test]
async fn the_emulators_own_server_is_measured() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(emulator::speed::serve(listener, pending()));
    let test = bench_at(url).await.json("speed_test", json!({})).await;
    let measured = &test["measured"];
    assert!(measured["down_bps"].as_u64().unwrap() > 1_000_000, "{test}");
    assert!(measured["up_bps"].as_u64().unwrap() > 1_000_000, "{test}");
    assert!(measured["latency_ms"].as_f64().unwrap() < 500.0, "{test}");
    assert_eq!(measured["from"], "this computer");
    assert!(measured.get("missing").is_none() && test.get("reason").is_none());
}

#[tokio::test]
async fn a_librespeed_server_is_known() {
    let url = server(|path| match path {
        path if path.starts_with("/files/backend/garbage.php?cksize=") => (200, vec![0; 1 << 20]),
        "/files/backend/empty.php" => (200, Vec::new()),
        _ => (404, Vec::new()),
    })
    .await;
    let test = bench_at(url).await.json("speed_test", json!({})).await;
    assert!(
        test["measured"]["down_bps"].as_u64().is_some() && test["measured"]["up_bps"].as_u64().is_some(),
        "{test}"
    );
}

#[tokio::test]
async fn a_plain_file_gives_a_download_only() {
    // It answers every path with the same page, as some servers do.
    let url = server(|_| (200, vec![b'x'; 300_000])).await;
    let test = bench_at(url).await.json("speed_test", json!({})).await;
    assert!(test["measured"]["down_bps"].as_u64().is_some(), "{test}");
    assert!(test["measured"]["up_bps"].is_null());
    assert!(test["measured"]["missing"].as_str().unwrap().contains("no uploads"));
}

#[tokio::test]
async fn an_unreachable_server_is_explained() {
    for url in [nobody().await, server(|_| (404, Vec::new())).await, "ftp://127.0.0.1/".parse().unwrap()] {
        let bench = bench_at(url.clone()).await;
        assert_eq!(bench.error("speed_test", json!({})).await.kind(), "failed", "{url}");
        bench.fault("absent@SpeedTest:getWANResults");
        bench.cx.session().forget_reads();
        assert_eq!(bench.error("speed_test", json!({})).await.kind(), "failed");
    }
}

/// The box has measured for itself: 913.4 Mbit/s down, 612.2 up.
fn has_measured(bench: &Bench) {
    bench.livebox.with_state(|router| {
        let started = router.now();
        router.state.diagnostics.speed = Some(emulator::state::diagnostics::Speed {
            down_kbps: 913_400,
            up_kbps: 612_200,
            latency: 4,
            started,
        });
    });
}

#[tokio::test]
async fn the_boxs_own_result_is_shown_with_its_raw_figures() {
    let bench = bench().await;
    let never = bench.run("speed_show", json!({})).await.unwrap();
    assert_eq!(never.json["has_run"], false);
    assert!(never.json["down_bps"].is_null() && never.json["at"].is_null());
    assert!(never.page.compact().contains("speed_test"));
    // Nothing to be judged by the rates of the link.
    assert_eq!(bench.count("NeMo.Intf.data:getMIBs"), 0);
    has_measured(&bench);
    bench.cx.session().forget_reads();
    let result = bench.json("speed_show", json!({})).await;
    assert_eq!((&result["down_raw"], &result["down_bps"]), (&json!(913_400), &json!(913_400_000)));
    assert_eq!((&result["up_raw"], &result["up_bps"]), (&json!(612_200), &json!(612_200_000)));
    assert!(result["at"].is_string() && result["has_run"] == true, "{result}");
    assert_eq!(bench.count("SpeedTest:getWANResults"), 2);
}

#[tokio::test]
async fn the_boxs_own_result_stands_in_for_an_unreachable_server() {
    let bench = bench_at(nobody().await).await;
    has_measured(&bench);
    let answer = bench.run("speed_test", json!({})).await.unwrap();
    assert!(answer.json["measured"].is_null());
    assert!(answer.json["reason"].as_str().unwrap().contains("cannot be reached"));
    assert_eq!(answer.json["box_result"]["down_bps"], 913_400_000);
    assert!(answer.page.compact().contains("913"));
}

#[tokio::test]
async fn the_boxs_own_result_may_be_absent() {
    let bench = bench().await;
    bench.fault("absent@SpeedTest:getWANResults");
    let error = bench.error("speed_show", json!({})).await;
    assert_eq!(error.kind(), "unavailable");
    assert!(error.to_string().contains("speed_test"));
}
