//! The GET with which Meta makes sure that the callback URL is ours.

use crate::door::{PATH, open};

#[tokio::test]
async fn the_challenge_comes_back_byte_for_byte_and_only_for_the_token() {
    let door = open(|_| {}).await;
    let get = |query: &str| {
        let path = format!("{PATH}?{query}");
        let door = &door;
        async move { door.ask("GET", &path, &[], b"").await }
    };
    let good = get("hub.mode=subscribe&hub.challenge=11%2058%2B%C3%A9&hub.verify_token=a%20token").await;
    assert_eq!((good.status, good.body.as_str()), (200, "11 58+é"));
    assert!(
        good.header("content-type").unwrap().starts_with("text/plain"),
        "{good:?}"
    );
    let wrong = get("hub.mode=subscribe&hub.challenge=1158&hub.verify_token=b%20token").await;
    assert_eq!(wrong.status, 403);
    assert!(!wrong.body.contains("1158"), "{wrong:?}");
    for malformed in [
        "",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.challenge=1&hub.verify_token=a%20token",
    ] {
        assert_eq!(get(malformed).await.status, 400, "{malformed}");
    }
    door.close().await.unwrap();
}
