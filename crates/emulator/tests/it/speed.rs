//! The speed server beside the box.

use crate::wire::send;

#[tokio::test]
async fn bytes_go_down_and_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(emulator::speed::serve(listener, async { drop(stopped.await) }));
    let down = send(address, "GET /__down?bytes=200000 HTTP/1.1\r\nHost: x", "").await.unwrap();
    assert_eq!((down.status(), down.body.len()), (200, 200_000));
    let up = send(address, "POST /__up HTTP/1.1\r\nHost: x", &"x".repeat(300_000)).await.unwrap();
    assert_eq!((up.status(), up.body.len()), (200, 0));
    drop(stop);
    server.await.unwrap();
}
